import { describe, expect, it } from 'vitest';
import { begin, type OpenStores, said, sendAll, setUp } from './samples.ts';

/** The contract of what a transport itself has to tell. */
export function announcementContract(open: OpenStores): void {
  describe('an announcement', () => {
    it('is told once per key, also when it is announced again', async () => {
      const { store, other, events } = await setUp(open);
      await store.announce('phone', said('gap'));
      expect(events).toContainEqual({ type: 'outbox' });
      await store.announce('web', said('web gap'));
      expect(await sendAll(other)).toEqual(['gap/gap']);
      await other.announce('phone', said('gap'));
      expect(await sendAll(store)).toEqual([]);
      expect(await sendAll(store, 'web')).toEqual(['web gap/web gap']);
    });

    it('is replaced by a newer one of its key while it is unsent', async () => {
      const { store } = await setUp(open);
      await store.announce('phone', { key: 'deaf', notice: { title: 'since 10:00', kind: 'milestone' } });
      await store.announce('phone', { key: 'deaf', notice: { title: 'since 11:00', kind: 'milestone' } });
      expect((await store.unsent('phone', 9)).map(({ notice }) => notice.title)).toEqual(['since 11:00']);
    });

    it('waits for no other notice, and holds none up', async () => {
      const { store, clock } = await setUp(open);
      await begin(store, 'm1');
      const [row] = await store.unsent('phone', 1);
      await store.postpone(row!, clock.now() + 1000, 'unreachable');
      for (const key of ['one', 'two']) await store.announce('phone', said(key));
      const [one] = await store.unsent('phone', 1);
      await store.postpone(one!, clock.now() + 1000, 'unreachable');
      expect(await sendAll(store)).toEqual(['two/two']);
      clock.advance(1000);
      expect(await sendAll(store)).toEqual(['m1/accepted', 'one/one']);
    });

    it('is pruned with the rest, and may then be told again', async () => {
      const { store, clock } = await setUp(open);
      await store.announce('phone', said('sent'));
      await sendAll(store);
      await store.announce('phone', said('unsent'));
      clock.advance(1000);
      await store.prune(clock.now());
      await store.announce('phone', said('sent'));
      expect(await sendAll(store)).toEqual(['unsent/unsent', 'sent/sent']);
    });
  });
}
