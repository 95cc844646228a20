import { describe, expect, it } from 'vitest';
import type { Claim, Effect, JobStore } from '../../pipeline/store/job-store.ts';
import {
  bare,
  begin,
  entry,
  final,
  LEASE,
  message,
  type OpenStores,
  request,
  said,
  sendAll,
  setUp,
} from './samples.ts';

const cancelled: Effect = { do: 'cancel', job: 'm1', final: final.notice, reply: () => undefined };

export function workContract(open: OpenStores): void {
  describe('claim', () => {
    it('hands out one job of a lane at a time, first in first out, the oldest lane first', async () => {
      const { store, other } = await setUp(open);
      for (const [id, lane] of [
        ['m1', 'b'],
        ['m2', 'b'],
        ['m3', 'a'],
        ['m4', 'a'],
      ])
        await store.accept(request(id!, lane!));
      const first = (await store.claim(LEASE))!;
      const second = (await other.claim(LEASE))!;
      expect([first.job, second.job]).toEqual(['m1', 'm3']);
      expect(first).toMatchObject({ lane: 'b', attempt: 1, stalled: 0, message: message('m1'), slots: { id: 'm1' } });
      expect(first.journal.size).toBe(0);
      expect(await store.claim(LEASE)).toBeUndefined();
      await store.settle(first, 'done', [final]);
      expect((await store.claim(LEASE))!.job).toBe('m2');
    });

    it('never gives one job to two workers that claim at once', async () => {
      const { store, other } = await setUp(open);
      for (let i = 0; i < 20; i++) await store.accept(request(`m${i}`, `lane${i % 7}`));
      const claims = await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? store : other).claim(LEASE)));
      const lanes = claims.flatMap((claim) => claim?.lane ?? []);
      expect(lanes).toHaveLength(7);
      expect(new Set(lanes).size).toBe(7);
    });

    it('takes a job over when its lease ran out, with its journal, and fences the old worker', async () => {
      const { store, other, clock } = await setUp(open);
      const old = await begin(store, 'm1');
      await store.checkpoint(old, entry('a', { value: '{"x":1}' }), []);
      await store.checkpoint(old, entry('b', { atMostOnce: true, state: 'begun', value: null }), []);
      await store.checkpoint(old, entry('b', { atMostOnce: true, state: 'begun', value: null, note: '7' }), []);
      clock.advance(LEASE - 1);
      expect(await other.claim(LEASE)).toBeUndefined();
      expect(await store.heartbeat(old, LEASE)).toBe('held');
      clock.advance(LEASE - 1);
      expect(await other.claim(LEASE)).toBeUndefined();
      clock.advance(1);
      const fresh = (await other.claim(LEASE))!;
      expect(fresh).toMatchObject({ job: 'm1', attempt: 2, stalled: 1 });
      expect([...fresh.journal.values()]).toEqual([
        entry('a', { value: '{"x":1}' }),
        entry('b', { atMostOnce: true, state: 'begun', value: null, note: '7' }),
      ]);
      await isFenced(store, old);
      expect(await other.settle(fresh, 'done', [final])).toBe(true);
      await isFenced(store, old);
      await isFenced(other, fresh);
      expect(await sendAll(store)).toEqual(['m1/accepted', 'm1/final']);
    });

    it('never gives a worker its own live claim again, however late its heartbeat', async () => {
      const { store, clock } = await setUp(open);
      await store.accept(request('m1'));
      const claim = (await store.claim(1))!;
      clock.advance(365 * 24 * 3600_000);
      // Real time counts as little as the clock: the process may have stood still.
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(await store.claim(LEASE)).toBeUndefined();
      expect(await store.heartbeat(claim, 1)).toBe('held');
      clock.advance(1);
      expect(await store.claim(LEASE)).toBeUndefined();
      expect(await store.checkpoint(claim, entry('a'), [])).toBe(true);
      expect(await store.settle(claim, 'done', [final])).toBe(true);
    });

    it('takes a dropped claim over when its lease ran out, and not before', async () => {
      const { store, clock } = await setUp(open);
      const claim = await begin(store, 'm1');
      await store.checkpoint(claim, entry('a'), []);
      store.drop(claim);
      store.drop(claim);
      expect(await store.get('m1')).toMatchObject({ state: 'active', attempt: 1 });
      clock.advance(LEASE - 1);
      expect(await store.claim(LEASE)).toBeUndefined();
      clock.advance(1);
      const again = (await store.claim(LEASE))!;
      expect(again).toMatchObject({ job: 'm1', attempt: 2, stalled: 1 });
      await isFenced(store, claim);
      store.drop(claim);
      clock.advance(LEASE);
      expect(await store.claim(LEASE)).toBeUndefined();
      expect(await store.heartbeat(again, LEASE)).toBe('held');
    });

    it('takes a job over again after another worker had it', async () => {
      const { store, other, clock } = await setUp(open);
      const first = await begin(store, 'm1');
      clock.advance(LEASE);
      await other.claim(LEASE);
      clock.advance(LEASE);
      const third = (await store.claim(LEASE))!;
      expect(third.attempt).toBe(3);
      expect(await store.heartbeat(first, LEASE)).toBe('lost');
      clock.advance(LEASE);
      expect(await store.claim(LEASE)).toBeUndefined();
      expect(await store.heartbeat(third, LEASE)).toBe('held');
    });

    it('counts how often a job stalled since its last checkpoint', async () => {
      const { store, other, clock } = await setUp(open);
      await begin(store, 'm1');
      const stalled: number[] = [];
      for (const worker of [other, store, other]) {
        clock.advance(LEASE);
        stalled.push((await worker.claim(LEASE))!.stalled);
      }
      const claim = (await other.get('m1'))!.attempt;
      expect([stalled, claim]).toEqual([[1, 2, 3], 4]);
      clock.advance(LEASE);
      const held = (await store.claim(LEASE))!;
      await store.checkpoint(held, entry('a'), []);
      clock.advance(LEASE);
      expect((await other.claim(LEASE))!.stalled).toBe(1);
    });
  });

  describe('release', () => {
    it('puts a job back first in its lane, journal kept, not counted as stalled', async () => {
      const { store, other, events } = await setUp(open);
      const claim = await begin(store, 'm1');
      await store.accept(request('m2'));
      await store.checkpoint(claim, entry('a'), []);
      events.length = 0;
      await store.release(claim, []);
      expect(events).toEqual([{ type: 'queued' }]);
      await isFenced(store, claim);
      const again = (await other.claim(LEASE))!;
      expect(again).toMatchObject({ job: 'm1', attempt: 2, stalled: 0 });
      expect(again.journal.has('a')).toBe(true);
      await store.release(claim, []);
      expect(await other.heartbeat(again, LEASE)).toBe('held');
    });

    it('writes the last words of the worker with it, but no final notice', async () => {
      const { store, events } = await setUp(open);
      const claim = await begin(store, 'm1');
      await expect(store.release(claim, [final])).rejects.toMatchObject({ code: 'FINAL_TOO_EARLY' });
      expect(await store.heartbeat(claim, LEASE)).toBe('held');
      events.length = 0;
      await store.release(claim, [said('goes on later')]);
      expect(events.map(({ type }) => type).sort()).toEqual(['outbox', 'queued']);
      expect(await sendAll(store)).toEqual(['m1/accepted', 'm1/goes on later']);
    });

    it('keeps a wish to cancel', async () => {
      const { store } = await setUp(open);
      const claim = await begin(store, 'm1');
      await store.accept(bare('c1', { effects: [cancelled] }));
      await store.release(claim, []);
      const again = await store.claim(LEASE);
      if (again) expect(await store.heartbeat(again, LEASE)).toBe('cancelled');
      else expect(await store.get('m1')).toMatchObject({ state: 'cancelled' });
    });
  });

  describe('settle', () => {
    it('writes outcome and notices together, once', async () => {
      const { store, events, clock } = await setUp(open);
      const claim = await begin(store, 'm1');
      clock.advance(5);
      events.length = 0;
      expect(await store.settle(claim, 'failed', [said('last'), final])).toBe(true);
      expect(events.map(({ type }) => type).sort()).toEqual(['outbox', 'queued']);
      expect(await store.get('m1')).toMatchObject({
        state: 'failed',
        finishedAt: clock.now(),
        startedAt: clock.now() - 5,
      });
      expect(await store.settle(claim, 'done', [said('final', 'final')])).toBe(false);
      expect(await store.get('m1')).toMatchObject({ state: 'failed' });
      expect(await sendAll(store)).toEqual(['m1/accepted', 'm1/last', 'm1/final']);
    });

    it('refuses a final notice before the end', async () => {
      const { store } = await setUp(open);
      const claim = await begin(store, 'm1');
      await expect(store.post(claim, [final])).rejects.toMatchObject({ code: 'FINAL_TOO_EARLY' });
      await expect(store.checkpoint(claim, entry('a'), [final])).rejects.toMatchObject({ code: 'FINAL_TOO_EARLY' });
      expect(await store.settle(claim, 'done', [final])).toBe(true);
      expect(await sendAll(store)).toEqual(['m1/accepted', 'm1/final']);
    });
  });
}

/** None of a stale worker's writes has an effect. */
async function isFenced(store: JobStore, stale: Claim): Promise<void> {
  const before = await store.get(stale.job);
  expect(await store.heartbeat(stale, LEASE)).toBe('lost');
  expect(await store.checkpoint(stale, entry('late'), [said('late')])).toBe(false);
  expect(await store.post(stale, [said('late')])).toBe(false);
  expect(await store.settle(stale, 'failed', [final])).toBe(false);
  const question = { title: 'T', choices: ['a'], timeout: 1, onTimeout: 'a' };
  await expect(store.ask(stale, 'late', question, [said('late')])).rejects.toMatchObject({ code: 'RUN_LOST' });
  await store.release(stale, [said('late')]);
  expect(await store.get(stale.job)).toEqual(before);
}
