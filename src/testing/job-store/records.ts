import { describe, expect, it } from 'vitest';
import { bare, begin, final, LEASE, message, type OpenStores, request, said, sendAll, setUp } from './samples.ts';

const DAY = 24 * 3600_000;

export function recordContract(open: OpenStores): void {
  describe('the records', () => {
    it('lists by state, lane, order and number', async () => {
      const { store } = await setUp(open);
      await store.settle(await begin(store, 'm1'), 'done', [final]);
      await begin(store, 'm2');
      for (const id of ['m3', 'm4']) await store.accept(request(id, 'web'));
      const ids = async (filter?: Parameters<typeof store.list>[0]) => (await store.list(filter)).map(({ id }) => id);
      expect(await ids()).toEqual(['m1', 'm2', 'm3', 'm4']);
      expect(await ids({ newestFirst: true, limit: 2 })).toEqual(['m4', 'm3']);
      expect(await ids({ states: ['done', 'active'] })).toEqual(['m1', 'm2']);
      expect(await ids({ lane: 'web', states: ['queued'], limit: 1 })).toEqual(['m3']);
      expect(await ids({ states: [] })).toEqual([]);
      expect(await store.get('m9')).toBeUndefined();
    });

    it('keeps small values', async () => {
      const { store, other } = await setUp(open);
      expect(await store.recall('cursor')).toBeUndefined();
      await store.remember('cursor', { id: 'x', at: [1, null] });
      await store.remember('nothing', null);
      expect(await other.recall('cursor')).toEqual({ id: 'x', at: [1, null] });
      expect(await other.recall('nothing')).toBeNull();
      await other.remember('cursor', 'y');
      expect(await store.recall('cursor')).toBe('y');
    });

    it('forgets a value when its time is over, and keeps it again for longer or for good', async () => {
      const { store, other, clock } = await setUp(open);
      const now = clock.now();
      await store.remember('answer', 'a', now + 1000);
      await store.remember('other', 'b', now + 1000);
      clock.advance(999);
      expect(await other.recall('answer')).toBe('a');
      await store.remember('other', 'c');
      clock.advance(1);
      expect([await other.recall('answer'), await store.recall('other')]).toEqual([undefined, 'c']);
      await store.remember('answer', 'd', now + 5000);
      expect([await other.recall('answer'), await other.recall('other')]).toEqual(['d', 'c']);
    });

    it('keeps what the steps had found with the end of a job, and neither before nor for another try', async () => {
      const { store, other } = await setUp(open);
      const claim = await begin(store, 'm1');
      expect(await store.results('m1')).toEqual({});
      const stale = { ...claim, attempt: claim.attempt - 1 };
      expect(await store.settle(stale, 'done', [final], { result: 'stale' })).toBe(false);
      expect(await store.results('m1')).toEqual({});
      await store.settle(claim, 'done', [final], { result: { files: 2 } });
      expect(await other.results('m1')).toEqual({ result: { files: 2 } });
      const reply = () => undefined;
      const effects = [{ do: 'retry', job: 'm1', as: 'm2', reply } as const];
      await store.accept({ run: 'x', message: message('x'), seen: ['x'], effects, notices: [] });
      expect((await store.claim(LEASE))?.slots).not.toHaveProperty('result');
      expect([await store.results('m2'), await store.results('m9')]).toEqual([{}, {}]);
    });

    it('keeps text as it came', async () => {
      const { store } = await setUp(open);
      const text = 'NUL \0, quote \' " \\, 🚀, \u2028, \ud800 alone';
      const job = { ...request('m1').job!, slots: { text } };
      await store.accept(request('m1', 'app', { message: { ...request('m1').message, text }, job }));
      const claim = (await store.claim(LEASE))!;
      expect([claim.message.text, claim.slots.text]).toEqual([text, text]);
    });

    it('lists what was not over before a time', async () => {
      const { store, clock } = await setUp(open);
      await store.settle(await begin(store, 'old', 'web'), 'done', []);
      await store.accept(request('waiting'));
      const running = await begin(store, 'running', 'api');
      clock.advance(1000);
      const since = clock.now();
      await store.settle(running, 'failed', []);
      expect((await store.list({ since })).map(({ id }) => id)).toEqual(['waiting', 'running']);
    });

    it('knows when the last message came, and not when something was done on the machine', async () => {
      const { store, clock } = await setUp(open);
      expect(await store.heardAt()).toBeUndefined();
      await store.accept(bare('help'));
      const then = clock.now();
      clock.advance(1000);
      await store.accept(bare('machine:1'));
      expect(await store.heardAt()).toBe(then);
    });

    it('prunes what finished before a time, with everything of it', async () => {
      const { store, clock } = await setUp(open);
      const question = { title: 'T', choices: ['a'], timeout: 1, onTimeout: 'a' };
      const claim = await begin(store, 'done');
      const { id } = await store.ask(claim, 'k', question, []);
      await store.settle(claim, 'done', [final]);
      await store.accept(bare('help', { notices: [final] }));
      await sendAll(store);
      const running = await begin(store, 'running', 'web');
      await store.accept(request('waiting'));
      clock.advance(90 * DAY);
      await store.settle(running, 'done', []);
      expect(await store.prune(clock.now() - 30 * DAY)).toBe(1);
      expect((await store.list()).map((job) => job.id)).toEqual(['running', 'waiting']);
      expect(await store.answerOf(id)).toBeUndefined();
      expect(await store.prune(clock.now() - 30 * DAY)).toBe(0);
      expect(await store.accept(request('done'))).toBe('accepted');
    });

    it('prunes what nobody was told of only after a week', async () => {
      const { store, clock } = await setUp(open);
      const gone = message('lost', { transport: 'gone' });
      const untold = [];
      for (const [id, more] of [
        ['late', {}],
        ['lost', { message: gone }],
      ] as const) {
        await store.accept(request(id, id, more));
        untold.push((await store.claim(LEASE))!);
      }
      for (const claim of untold) await store.settle(claim, 'done', [final]);
      await store.accept(bare('help', { notices: [said('help')] }));
      await store.accept(bare('nobody', { message: { ...gone, id: 'nobody' }, notices: [said('help')] }));
      clock.advance(6 * DAY);
      expect(await store.prune(clock.now())).toBe(0);
      expect(await sendAll(store)).toEqual(['late/accepted', 'run-help/help', 'late/final']);
      clock.advance(2 * DAY);
      expect(await store.prune(clock.now() - 30 * DAY)).toBe(0);
      expect(await store.prune(clock.now())).toBe(2);
      expect(await store.list()).toEqual([]);
      expect(await sendAll(store, 'gone')).toEqual([]);
    });

    it('keeps the marks of a week whatever is pruned, and older ones when less is', async () => {
      const { store, clock } = await setUp(open);
      await store.accept(bare('old'));
      clock.advance(4 * DAY);
      await store.accept(bare('middle'));
      clock.advance(4 * DAY);
      await store.accept(bare('new'));
      const marked = async () => Promise.all(['old', 'middle', 'new'].map((key) => store.seen(key)));
      await store.prune(clock.now() - 30 * DAY);
      expect(await marked()).toEqual([true, true, true]);
      await store.prune(clock.now() + DAY);
      expect(await marked()).toEqual([false, true, true]);
    });

    it('prunes more than fits one batch', { timeout: 60_000 }, async () => {
      const { store, clock } = await setUp(open);
      for (let i = 0; i < 450; i++) await store.settle(await begin(store, `m${i}`), 'done', []);
      await sendAll(store);
      clock.advance(1);
      expect(await store.prune(clock.now())).toBe(450);
      expect(await store.list()).toEqual([]);
    });

    it('is closed for good, and may be closed again', async () => {
      const { store, other } = await setUp(open);
      await store.close();
      await store.close();
      await expect(store.accept(bare('m1'))).rejects.toMatchObject({ name: 'MiltonError' });
      expect(await other.accept(bare('m1'))).toBe('accepted');
    });
  });
}
