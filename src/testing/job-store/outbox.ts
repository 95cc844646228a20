import { describe, expect, it } from 'vitest';
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

export function outboxContract(open: OpenStores): void {
  describe('the outbox', () => {
    it('offers the oldest notice of each run, oldest first, for its transport only', async () => {
      const { store } = await setUp(open);
      await store.accept(bare('m1', { notices: [said('a'), said('b')] }));
      await store.accept(bare('m2', { message: message('m2', { transport: 'web' }), notices: [said('a')] }));
      await store.accept(bare('m3', { notices: [said('c')] }));
      const rows = await store.unsent('phone', 10);
      expect(rows.map(({ run, key, attempts }) => [run, key, attempts])).toEqual([
        ['run-m1', 'a', 0],
        ['run-m3', 'c', 0],
      ]);
      expect(await store.unsent('phone', 1)).toHaveLength(1);
      await store.sent(rows[0]!);
      await store.sent(rows[0]!);
      expect((await store.unsent('phone', 10)).map(({ key }) => key)).toEqual(['b', 'c']);
      await store.accept(bare('m4', { notices: [said('d', 'reply'), said('e')] }));
      expect((await store.unsent('phone', 1, ['milestone', 'final'])).map(({ key }) => key)).toEqual(['d']);
      expect(await store.unsent('phone', 10, ['milestone', 'reply'])).toEqual([]);
      expect(await sendAll(store)).toEqual(['run-m1/b', 'run-m3/c', 'run-m4/d', 'run-m4/e']);
      expect(await sendAll(store, 'web')).toEqual(['run-m2/a']);
    });

    it('replaces an unsent notice of the same key, and leaves a sent one', async () => {
      const { store } = await setUp(open);
      const claim = await begin(store, 'm1');
      await sendAll(store);
      await store.post(claim, [{ key: 'k', notice: { title: 'old', kind: 'milestone' } }, said('between')]);
      await store.post(claim, [{ key: 'k', notice: { title: 'new', kind: 'milestone' } }]);
      expect(await sendAll(store)).toEqual(['m1/between', 'm1/k']);
      await store.post(claim, [{ key: 'k', notice: { title: 'newest', kind: 'milestone' } }]);
      expect(await sendAll(store)).toEqual([]);
      expect((await store.get('m1'))!.notices.map(({ notice, sent }) => [notice.title, sent])).toEqual([
        ['0 ahead', true],
        ['between', true],
        ['new', true],
      ]);
    });

    it('keeps only the newest unsent progress of a run, and everything else', async () => {
      const { store } = await setUp(open);
      const claim = await begin(store, 'm1');
      await sendAll(store);
      await store.post(claim, [{ key: 'p1', notice: { title: 'no kind means progress' } }, said('m', 'milestone')]);
      await store.checkpoint(claim, entry('a'), [said('p2', 'progress')]);
      await store.post(claim, [said('q', 'question'), said('r', 'reply')]);
      expect(await sendAll(store)).toEqual(['m1/m', 'm1/p2', 'm1/q', 'm1/r']);
      await store.post(claim, [said('p3', 'progress')]);
      await store.post(claim, [said('p2', 'progress')]);
      expect(await sendAll(store)).toEqual(['m1/p3']);
    });

    it('holds a run back behind a postponed notice, and no other run', async () => {
      const { store, clock, events } = await setUp(open);
      const claim = await begin(store, 'm1');
      await sendAll(store);
      await store.post(claim, [said('a'), said('b')]);
      await store.accept(bare('m2', { notices: [said('c')] }));
      expect(await store.nextDue('phone')).toBeUndefined();
      const [a] = await store.unsent('phone', 10);
      await store.postpone(a!, clock.now() + 1000, 'unreachable');
      expect(await store.nextDue('phone')).toBe(clock.now() + 1000);
      expect(await store.nextDue('web')).toBeUndefined();
      expect(await sendAll(store)).toEqual(['run-m2/c']);
      clock.advance(1000);
      const [again] = await store.unsent('phone', 10);
      expect(again).toMatchObject({ key: 'a', attempts: 1 });
      expect(await sendAll(store)).toEqual(['m1/a', 'm1/b']);
      expect(await store.nextDue('phone')).toBeUndefined();
      expect(events).toContainEqual({ type: 'outbox' });
    });

    it('offers those first that were tried least, where that is asked for', async () => {
      const { store, clock } = await setUp(open);
      for (const id of ['m1', 'm2', 'm3']) await store.accept(bare(id, { notices: [said(id), said('behind')] }));
      const keys = async (limit: number) =>
        (await store.unsent('phone', limit, [], 'least tried')).map(({ key }) => key);
      const [m1, m2] = await store.unsent('phone', 2);
      for (const row of [m1!, m1!, m2!]) await store.postpone(row, clock.now(), 'unreachable');
      expect([await keys(1), await keys(9)]).toEqual([['m3'], ['m3', 'm2', 'm1']]);
      expect((await store.unsent('phone', 9)).map(({ key }) => key)).toEqual(['m1', 'm2', 'm3']);
    });

    it('lets a notice wait no longer because the clock was set back', async () => {
      const { store, clock } = await setUp(open);
      const claim = await begin(store, 'm1');
      await sendAll(store);
      const HOUR = 3600_000;
      await store.post(claim, [said('p1', 'progress')]);
      const [row] = await store.unsent('phone', 1);
      await store.postpone(row!, clock.now() + 30 * HOUR, 'quota used up');
      clock.advance(29 * HOUR);
      expect(await store.unsent('phone', 1)).toEqual([]);
      clock.advance(-30 * HOUR);
      expect(await store.unsent('phone', 1)).toMatchObject([{ key: 'p1', attempts: 1 }]);
      await store.postpone(row!, clock.now() + 1000, 'unreachable');
      expect(await store.unsent('phone', 1)).toEqual([]);
      expect(await store.nextDue('phone')).toBe(clock.now() + 1000);
      await store.post(claim, [said('p2', 'progress')]);
      clock.advance(-HOUR);
      expect(await sendAll(store)).toEqual(['m1/p2']);
    });

    it('keeps a notice that replaces a postponed one as late as that', async () => {
      const { store, clock } = await setUp(open);
      const claim = await begin(store, 'm1');
      await sendAll(store);
      await store.post(claim, [said('p1', 'progress')]);
      const [row] = await store.unsent('phone', 1);
      await store.postpone(row!, clock.now() + 1000, 'too many requests');
      await store.post(claim, [said('p2', 'progress')]);
      expect(await store.unsent('phone', 1)).toEqual([]);
      clock.advance(1000);
      expect(await store.unsent('phone', 1)).toMatchObject([{ key: 'p2', attempts: 1 }]);
    });

    it('drops progress that could not be sent at once as soon as anything newer of its run waits', async () => {
      const { store, clock } = await setUp(open);
      const claim = await begin(store, 'm1');
      await sendAll(store);
      const progress = async (key: string) => {
        await store.post(claim, [said(key, 'progress')]);
        return (await store.unsent('phone', 10)).find((row) => row.key === key)!;
      };
      const later = () => clock.now() + 60_000;
      await store.postpone(await progress('p1'), later(), 'paced');
      await store.accept(bare('m2', { notices: [said('of another run')] }));
      await store.post(claim, [said('m')]);
      expect(await sendAll(store)).toEqual(['run-m2/of another run', 'm1/m']);
      // The other way round: it is on its way when the newer one comes, and is put off then.
      const p2 = await progress('p2');
      await store.post(claim, [said('q', 'question')]);
      await store.postpone(p2, later(), 'paced');
      expect(await sendAll(store)).toEqual(['m1/q']);
      // A milestone is not progress: what comes after it waits.
      await store.post(claim, [said('m3')]);
      const [m3] = await store.unsent('phone', 1);
      await store.postpone(m3!, later(), 'unreachable');
      await store.settle(claim, 'done', [final]);
      expect(await sendAll(store)).toEqual([]);
      clock.advance(60_000);
      expect(await sendAll(store)).toEqual(['m1/m3', 'm1/final']);
    });

    it('lets the run go on behind a notice that was given up', async () => {
      const { store } = await setUp(open);
      await store.accept(request('m1', 'app', { notices: [said('a')] }));
      const [ack] = await store.unsent('phone', 1);
      await store.postpone(ack!, undefined, 'refused');
      expect(await sendAll(store)).toEqual(['m1/a']);
      expect((await store.get('m1'))!.notices.map(({ sent }) => sent)).toEqual([false, true]);
    });

    it('keeps the order of a run within each transport, and holds none back for another', async () => {
      const { store } = await setUp(open);
      await store.settle(await begin(store, 'm1'), 'failed', [final]);
      await sendAll(store);
      const notices = [said('asked', 'progress')];
      const retry = { do: 'retry', job: 'm1', as: 'again', reply: () => ({ title: 'again' }) } as const;
      const web = message('r', { transport: 'web' });
      await store.accept(bare('r', { run: 'again', message: web, effects: [retry], notices }));
      const claim = (await store.claim(LEASE))!;
      await store.post(claim, [said('a'), said('p', 'progress')]);
      expect((await store.unsent('phone', 10)).map(({ key }) => key)).toEqual(['a']);
      await store.settle(claim, 'done', [final]);
      expect(await sendAll(store)).toEqual(['again/a', 'again/p', 'again/final']);
      expect((await sendAll(store, 'web')).at(-1)).toBe('again/asked');
    });

    it('sends the final notice last', async () => {
      const { store } = await setUp(open);
      const claim = await begin(store, 'm1');
      await store.post(claim, [said('p', 'progress')]);
      await store.settle(claim, 'done', [said('m'), final]);
      expect(await sendAll(store)).toEqual(['m1/accepted', 'm1/p', 'm1/m', 'm1/final']);
    });
  });
}
