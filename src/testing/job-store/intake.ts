import { describe, expect, it } from 'vitest';
import type { Effect } from '../../pipeline/store/job-store.ts';
import { bare, begin, final, LEASE, message, type OpenStores, request, said, sendAll, setUp } from './samples.ts';

const reply = (result: unknown) => ({ title: JSON.stringify(result), kind: 'reply' as const });
const cancel = (job: string): Effect => ({ do: 'cancel', job, final: final.notice, reply });
const retry = (job: string, as: string): Effect => ({ do: 'retry', job, as, reply });

export function intakeContract(open: OpenStores): void {
  describe('accept', () => {
    it('writes the marks, the job, the acknowledgement and the notices, in that order for the phone', async () => {
      const { store, events, clock } = await setUp(open);
      const notices = [said('a'), said('b')];
      expect(await store.accept(request('m1', 'app', { seen: ['m1', 'text:x'], notices }))).toBe('accepted');
      expect(await store.seen('m1')).toBe(true);
      expect(await store.seen('text:x')).toBe(true);
      expect(await store.seen('other')).toBe(false);
      const job = (await store.get('m1'))!;
      expect(job).toMatchObject({ id: 'm1', lane: 'app', state: 'queued', attempt: 0, slots: { id: 'm1' } });
      expect(job.message).toEqual(message('m1'));
      expect(job.notices.map(({ notice }) => notice.title)).toEqual(['0 ahead', 'a', 'b']);
      expect(job.notices.map(({ at }) => at)).toEqual([clock.now(), clock.now(), clock.now()]);
      expect(events).toContainEqual({ type: 'queued' });
      expect(events).toContainEqual({ type: 'outbox' });
    });

    it('tells how many of the lane stand before it', async () => {
      const { store } = await setUp(open);
      await begin(store, 'm1');
      for (const [id, lane] of [
        ['m2', 'app'],
        ['m3', 'app'],
        ['m4', 'web'],
      ])
        await store.accept(request(id!, lane!));
      const titles = (await store.list()).map(({ notices }) => notices[0]!.notice.title);
      expect(titles).toEqual(['0 ahead', '1 ahead', '2 ahead', '0 ahead']);
    });

    it('writes nothing of a duplicate, whichever of its keys was marked', async () => {
      const { store, events } = await setUp(open);
      await store.accept(bare('m1', { seen: ['m1', 'k'] }));
      events.length = 0;
      const again = request('m2', 'app', { seen: ['m2', 'k'], notices: [said('a')], effects: [cancel('m1')] });
      expect(await store.accept(again)).toBe('duplicate');
      expect(await store.seen('m2')).toBe(false);
      expect(await store.get('m2')).toBeUndefined();
      expect(await store.unsent('phone', 10)).toEqual([]);
      expect(events).toEqual([]);
    });

    it('lets one of two workers that accept the same message at once win', async () => {
      const { store, other } = await setUp(open);
      const results = await Promise.all([store.accept(request('m1')), other.accept(request('m1'))]);
      expect(results.sort()).toEqual(['accepted', 'duplicate']);
      expect(await store.list()).toHaveLength(1);
    });

    it('writes nothing when an acknowledgement or a reply throws', async () => {
      const { store, events } = await setUp(open);
      await store.accept(request('m1'));
      events.length = 0;
      const boom = () => {
        throw new Error('boom');
      };
      const bad: Effect = { do: 'cancel', job: 'm1', final: final.notice, reply: boom };
      await expect(store.accept(bare('m2', { effects: [bad] }))).rejects.toThrow('boom');
      await expect(
        store.accept(request('m3', 'app', { job: { ...request('m3').job!, acknowledge: boom } })),
      ).rejects.toThrow();
      expect(await store.seen('m2')).toBe(false);
      expect((await store.list()).map(({ id, state }) => [id, state])).toEqual([['m1', 'queued']]);
      expect(events).toEqual([]);
      expect(await store.accept(bare('m2'))).toBe('accepted');
    });

    it('refuses a request id that is taken, and writes nothing', async () => {
      const { store } = await setUp(open);
      await store.accept(request('m1'));
      const taken = store.accept(request('m1', 'app', { message: message('m2'), seen: ['m2'] }));
      await expect(taken).rejects.toMatchObject({ code: 'RUN_ID_TAKEN' });
      expect(await store.seen('m2')).toBe(false);
    });
  });

  describe('the effect of a command', () => {
    it('cancels a queued job with its final notice, and says so', async () => {
      const { store } = await setUp(open);
      await store.accept(request('m1', 'app', { message: message('m1', { transport: 'web' }) }));
      await sendAll(store, 'web');
      await store.accept(bare('c1', { effects: [cancel('m1')] }));
      expect(await store.get('m1')).toMatchObject({ state: 'cancelled', cancelRequested: false });
      expect(await sendAll(store, 'web')).toEqual(['m1/final']);
      expect((await store.unsent('phone', 1))[0]!.notice.title).toBe('"cancelled"');
      expect(await store.claim(LEASE)).toBeUndefined();
    });

    it('asks the worker of an active job to stop, and leaves the final notice to it', async () => {
      const { store, events } = await setUp(open);
      const claim = await begin(store, 'm1');
      await store.accept(bare('c1', { effects: [cancel('m1')] }));
      expect(events).toContainEqual({ type: 'cancel', job: 'm1' });
      expect(await store.get('m1')).toMatchObject({ state: 'active', cancelRequested: true });
      expect(await store.heartbeat(claim, LEASE)).toBe('cancelled');
      expect(await sendAll(store)).not.toContain('m1/final');
      expect(await store.settle(claim, 'cancelled', [final])).toBe(true);
      expect(await sendAll(store)).toEqual(['m1/final']);
    });

    it('tells finished and unknown jobs apart, and carries several effects out', async () => {
      const { store } = await setUp(open);
      await store.settle(await begin(store, 'm1'), 'done', [final]);
      await sendAll(store);
      await store.accept(bare('c1', { effects: [cancel('m1'), cancel('no'), retry('no', 'r0')] }));
      const titles: string[] = [];
      for (let rows = await store.unsent('phone', 1); rows[0]; rows = await store.unsent('phone', 1)) {
        titles.push(rows[0].notice.title);
        await store.sent(rows[0]);
      }
      expect(titles).toEqual(['"finished"', '"unknown"', '"unknown"']);
    });

    it('retries a finished job as a new one with its message, slots and lane, but a fresh journal', async () => {
      const { store } = await setUp(open);
      const claim = await begin(store, 'm1');
      await store.checkpoint(claim, { key: 'k', atMostOnce: true, state: 'begun', value: null, note: null }, []);
      await store.accept(bare('r1', { effects: [retry('m1', 'early')] }));
      expect(await store.get('early')).toBeUndefined();
      await store.settle(claim, 'interrupted', [final]);
      await store.accept(request('m2'));
      await store.accept(bare('r2', { effects: [retry('m1', 'again')] }));
      expect(await store.get('again')).toMatchObject({
        state: 'queued',
        retryOf: 'm1',
        lane: 'app',
        slots: { id: 'm1' },
      });
      await sendAll(store);
      expect((await store.claim(LEASE))!.job).toBe('m2');
      await store.accept(bare('c2', { effects: [cancel('again'), retry('again', 'third')] }));
      expect((await store.get('third'))!.message).toEqual(message('m1'));
    });
  });
}
