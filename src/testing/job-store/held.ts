import { describe, expect, it } from 'vitest';
import type { Effect, JobStore } from '../../pipeline/store/job-store.ts';
import { asks, ended, goesOn, queued, reply } from './held-samples.ts';
import { bare, begin, final, LEASE, message, type OpenStores, request, said, sendAll, setUp } from './samples.ts';

async function answer(store: JobStore, id: string, choice: string): Promise<unknown> {
  let told: unknown;
  const effect: Effect = {
    do: 'answer',
    question: id,
    choice,
    reply: (result) => {
      told = result;
      return undefined;
    },
  };
  await store.accept(bare(`answer-${id}-${choice}`, { effects: [effect] }));
  return told;
}

/** The contract of the runs that wait above `queue()` for a person. */
export function heldContract(open: OpenStores): void {
  describe('a held run', () => {
    it('is stored with its marks and its question, and nobody claims it', async () => {
      const { store, other, events, clock } = await setUp(open);
      await store.accept({ ...asks('m1'), seen: ['m1', 'key'] });
      expect(events).toContainEqual({ type: 'held' });
      expect(await store.claim(LEASE)).toBeUndefined();
      expect(await store.get('m1')).toMatchObject({
        state: 'held',
        queued: false,
        lane: 'app',
        slots: { before: true },
      });
      expect(await store.seen('key')).toBe(true);
      expect(await store.accept(asks('m1'))).toBe('duplicate');
      const [held] = await other.held();
      expect(held).toMatchObject({
        id: 'm1',
        message: message('m1'),
        seen: ['m1', 'key'],
        questions: [
          {
            id: expect.stringMatching(/^q[a-z2-7]{4}$/),
            key: 'late/run',
            askedAt: clock.now(),
            deadline: clock.now() + 600_000,
            answer: undefined,
          },
        ],
      });
      expect(await sendAll(store)).toEqual(['m1/ask:late/run']);
      expect(await store.list({ states: ['held'] })).toHaveLength(1);
    });

    it('takes its answer as every question does, and says so', async () => {
      const { store, events } = await setUp(open);
      for (const id of ['m1', 'm2']) await store.accept(asks(id));
      const [one, two] = (await store.held()).map(({ questions }) => questions[0]!.id);
      events.length = 0;
      expect(await answer(store, one!, 'yes')).toBe('accepted');
      expect(events).toContainEqual({ type: 'answer', question: one });
      expect(await answer(store, one!, 'no')).toBe('late');
      expect(await store.expire(two!)).toEqual({ choice: 'No', by: 'timeout' });
      expect(await answer(store, two!, 'yes')).toBe('late');
      const answers = (await store.held()).map(({ questions }) => questions[0]!.answer);
      expect(answers).toEqual([
        { choice: 'Yes', by: 'person' },
        { choice: 'No', by: 'timeout' },
      ]);
    });

    it('is queued with what its steps have set now, and acknowledged, in one go', async () => {
      const { store, events } = await setUp(open);
      await store.accept(asks('m1', 'late/run', 'old'));
      await sendAll(store);
      events.length = 0;
      const notices = [said('a')];
      expect(await store.resume({ ...queued('m1'), notices, seen: ['new'] })).toBe('resumed');
      expect(events).toContainEqual({ type: 'queued' });
      expect(await store.seen('new')).toBe(true);
      expect(await store.get('m1')).toMatchObject({
        state: 'queued',
        queued: true,
        lane: 'app',
        slots: { id: 'm1' },
      });
      expect(await sendAll(store)).toEqual(['m1/accepted', 'm1/a']);
      expect(await store.held()).toEqual([]);
      expect((await store.claim(LEASE))!.job).toBe('m1');
      for (const again of [queued('m1'), ended('m1'), queued('no')]) expect(await store.resume(again)).toBe('over');
    });

    it('stands in its lane where it would have stood on arrival, behind what is worked on', async () => {
      const { store } = await setUp(open);
      await store.accept(request('m0'));
      for (const id of ['m1', 'm2']) await store.accept(asks(id));
      for (const id of ['m3', 'm4']) await store.accept(request(id));
      await store.settle((await store.claim(LEASE))!, 'done', []);
      const active = (await store.claim(LEASE))!;
      expect(active.job).toBe('m3');
      for (const id of ['m2', 'm1']) await store.resume(queued(id));
      const ahead = async (id: string) => (await store.get(id))!.notices.at(-1)!.notice.title;
      expect([await ahead('m2'), await ahead('m1'), await ahead('m4')]).toEqual(['1 ahead', '1 ahead', '2 ahead']);
      expect(await store.claim(LEASE)).toBeUndefined();
      const order = [];
      for (let claim: typeof active | undefined = active; claim; claim = await store.claim(LEASE)) {
        order.push(claim.job);
        await store.settle(claim, 'done', []);
      }
      expect(order).toEqual(['m3', 'm1', 'm2', 'm4']);
    });

    it('can be held again, with the answers it has', async () => {
      const { store } = await setUp(open);
      await store.accept(asks('m1'));
      const first = (await store.held())[0]!.questions[0]!.id;
      await store.expire(first);
      const { hold } = asks('m1', 'other/go', 'web');
      expect(await store.resume(goesOn('m1', { hold }, { seen: ['more'] }))).toBe('resumed');
      const [held] = await store.held();
      expect(held!.seen).toEqual(['m1', 'more']);
      expect(held!.questions.map(({ key, answer }) => [key, answer?.choice])).toEqual([
        ['late/run', 'No'],
        ['other/go', undefined],
      ]);
      // The first was answered before it was sent, so nobody is asked.
      expect(await sendAll(store)).toEqual(['m1/ask:other/go']);
    });

    it('ends with its final notice, once', async () => {
      const { store } = await setUp(open);
      await store.accept(asks('m1'));
      const { id } = (await store.held())[0]!.questions[0]!;
      expect(await store.resume({ ...ended('m1'), notices: [said('a')] })).toBe('resumed');
      expect(await store.resume(ended('m1'))).toBe('over');
      expect(await store.get('m1')).toMatchObject({ state: 'expired', queued: false, startedAt: undefined });
      expect(await sendAll(store)).toEqual(['m1/a', 'm1/final']);
      expect(await answer(store, id, 'Yes')).toBe('late');
    });

    it('is cancelled at once, and then goes on no more', async () => {
      const { store } = await setUp(open);
      await store.accept(asks('m1'));
      const cancel: Effect = { do: 'cancel', job: 'm1', final: final.notice, reply };
      await store.accept(bare('c1', { effects: [cancel, cancel] }));
      expect((await store.unsent('phone', 9)).map(({ notice }) => notice.title)).toEqual(['final', '"cancelled"']);
      expect(await sendAll(store)).toEqual(['m1/final', 'run-c1/reply', 'run-c1/reply:2']);
      expect(await store.get('m1')).toMatchObject({ state: 'cancelled' });
      expect(await store.held()).toEqual([]);
      expect(await store.resume(queued('m1'))).toBe('over');
    });

    it('writes nothing when a new mark is taken, or an effect throws', async () => {
      const { store } = await setUp(open);
      await store.accept(asks('m1'));
      await store.accept(bare('m2', { seen: ['m2', 'key'] }));
      await sendAll(store);
      expect(await store.resume({ ...queued('m1'), seen: ['key'] })).toBe('duplicate');
      const boom = () => {
        throw new Error('boom');
      };
      const effects: Effect[] = [{ do: 'cancel', job: 'm9', final: final.notice, reply: boom }];
      await expect(store.resume({ ...queued('m1'), effects })).rejects.toThrow('boom');
      expect(await store.get('m1')).toMatchObject({ state: 'held' });
      expect(await sendAll(store)).toEqual([]);
    });

    it('is open for RETRY while it is held; one that never was queued cannot be queued again', async () => {
      const { store } = await setUp(open);
      const retry = async (job: string) => {
        const results: unknown[] = [];
        const keep = (result: unknown) => void results.push(result) as undefined;
        await store.accept(
          bare(`r-${job}-${Math.random()}`, { effects: [{ do: 'retry', job, as: `${job}x`, reply: keep }] }),
        );
        return results[0];
      };
      for (const id of ['m1', 'm2']) await store.accept(asks(id));
      expect(await retry('m1')).toBe('open');
      await store.resume(ended('m1'));
      expect(await retry('m1')).toBe('unqueued');
      await store.resume(queued('m2'));
      await store.settle((await store.claim(LEASE))!, 'done', [final]);
      expect(await retry('m2')).toEqual({ ahead: 0 });
    });

    it('is never pruned, and pruned once it has ended', async () => {
      const { store, clock } = await setUp(open);
      await store.accept(asks('m1'));
      await sendAll(store);
      clock.advance(90 * 24 * 3600_000);
      expect(await store.prune(clock.now())).toBe(0);
      expect(await store.held()).toMatchObject([{ id: 'm1', seen: ['m1'] }]);
      await store.resume(ended('m1'));
      await sendAll(store);
      clock.advance(1);
      expect(await store.prune(clock.now())).toBe(1);
    });

    it('goes on in one of two workers only', async () => {
      const { store, other } = await setUp(open);
      await store.accept(asks('m1'));
      const results = await Promise.all([store.resume(queued('m1')), other.resume(ended('m1'))]);
      expect(results.sort()).toEqual(['over', 'resumed']);
      await begin(store, 'm2', 'web');
    });
  });
}
