import { describe, expect, it } from 'vitest';
import type { Effect } from '../../pipeline/store/job-store.ts';
import { asks, ended, goesOn, reply } from './held-samples.ts';
import { final, type OpenStores, request, sendAll, setUp } from './samples.ts';

/** The contract of what a held run says and does when it ends. */
export function heldEffectsContract(open: OpenStores): void {
  describe('the end of a held run', () => {
    it('carries the effects out that its steps stage after the answer', async () => {
      const { store } = await setUp(open);
      await store.accept(asks('m1'));
      await store.accept(request('m2'));
      await sendAll(store);
      const effects: Effect[] = [{ do: 'cancel', job: 'm2', final: final.notice, reply }];
      await store.resume({ ...ended('m1'), effects });
      expect(await sendAll(store)).toEqual(['m2/final', 'm1/reply', 'm1/final']);
    });

    it('has the last that is said as its final notice, where it ends so', async () => {
      const { store } = await setUp(open);
      for (const id of ['m1', 'm2', 'm3']) await store.accept(asks(id));
      await sendAll(store);
      const ending = { outcome: 'done', notice: final.notice, unlessSaid: true };
      const effects: Effect[] = [{ do: 'cancel', job: 'm9', final: final.notice, reply }];
      await store.resume(goesOn('m1', { ending }));
      await store.resume(goesOn('m2', { ending }, { effects }));
      const silent = { key: 'a', notice: { title: 'a', kind: 'milestone', priority: 1 } };
      await store.resume(goesOn('m3', { ending }, { effects, notices: [silent] }));
      const last = async (id: string) => (await store.get(id))!.notices.slice(1).map(({ notice }) => notice);
      expect(await last('m1')).toEqual([final.notice]);
      expect(await last('m2')).toEqual([{ title: '"unknown"', kind: 'final', priority: 3 }]);
      expect(await last('m3')).toEqual([reply('unknown'), { title: 'a', kind: 'final', priority: 3 }]);
    });

    it('that one of its own effects cancels has one end', async () => {
      const { store } = await setUp(open);
      await store.accept(asks('m1'));
      await sendAll(store);
      const effects: Effect[] = [{ do: 'cancel', job: 'm1', final: final.notice, reply }];
      expect(await store.resume({ ...ended('m1'), effects })).toBe('resumed');
      expect(await store.get('m1')).toMatchObject({ state: 'cancelled' });
      expect(await sendAll(store)).toEqual(['m1/final', 'm1/reply']);
    });
  });
}
