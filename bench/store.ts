import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Acceptance } from '../src/pipeline/store/job-store.ts';
import { openStore } from '../src/pipeline/store/sqlite.ts';
import type { Figure, Run } from './figures.ts';
import { median, quantile } from './statistics.ts';

const LEASE = 60_000;
const CALLS = ['flush', 'accept', 'claim', 'checkpoint', 'settle', 'sent'] as const;
type Call = (typeof CALLS)[number];

/** Requests through the store from message to sent final notice, one after the other, each write durable. */
export const run: Run = async ({ quick }) => {
  const requests = quick ? 400 : 3000;
  const folder = mkdtempSync(join(tmpdir(), 'milton-bench-'));
  const plain = openSync(join(folder, 'plain'), 'a');
  const store = openStore(join(folder, 'milton.db'), { mode: 'daemon' });
  const times: Record<Call, number[]> = { flush: [], accept: [], claim: [], checkpoint: [], settle: [], sent: [] };
  const time = async <T>(name: Call, work: () => T | Promise<T>): Promise<T> => {
    const start = performance.now();
    const result = await work();
    times[name].push((performance.now() - start) * 1000);
    return result;
  };
  try {
    for (let i = 0; i < requests; i++) {
      const acceptance = request(i);
      const bytes = JSON.stringify(acceptance);
      await time('flush', () => {
        writeSync(plain, bytes);
        fdatasyncSync(plain);
      });
      await time('accept', () => store.accept(acceptance));
      const claim = (await time('claim', () => store.claim(LEASE)))!;
      const entry = { key: 'research/fetch', atMostOnce: false, state: 'done' as const, value: '"found"', note: null };
      await time('checkpoint', () => store.checkpoint(claim, entry, []));
      const final = { key: 'final', notice: { title: 'done', kind: 'final' as const } };
      await time('settle', () => store.settle(claim, 'done', [final]));
      for (let rows = await store.unsent('bench', 1); rows[0]; rows = await store.unsent('bench', 1)) {
        const [row] = rows;
        await time('sent', () => store.sent(row));
      }
    }
  } finally {
    await store.close();
    closeSync(plain);
    rmSync(folder, { recursive: true });
  }
  const figure = (name: Call, what: string, share = 0.5): Figure => ({
    what,
    unit: 'µs',
    value: quantile(times[name], share),
    reference: { what: 'write + fdatasync', value: quantile(times.flush, share) },
  });
  return [
    { ...figure('accept', 'accept: seen mark, job, notice; p50'), targets: [{ ratioAtMost: 2 }] },
    figure('accept', 'accept p99', 0.99),
    figure('claim', 'claim p50'),
    figure('checkpoint', 'checkpoint p50'),
    figure('settle', 'settle with the final notice p50'),
    figure('sent', 'mark a notice sent p50'),
    { what: 'requests a second, all of it', unit: 'k/s', value: 1000 / requestTime(times) },
  ];
};

/** µs of one request without the reference; two notices each. */
function requestTime({ accept, claim, checkpoint, settle, sent }: Record<Call, number[]>): number {
  return [accept, claim, checkpoint, settle, sent, sent].reduce((sum, values) => sum + median(values), 0);
}

function request(i: number): Acceptance {
  const id = `bench:${i}`;
  const text = 'CODE: add a login feature '.repeat(12);
  return {
    run: id,
    message: { id, transport: 'bench', text, at: new Date().toISOString() },
    seen: [id],
    job: {
      id,
      lane: 'app',
      slots: { kind: 'CODE' },
      acknowledge: (ahead) => ({ title: `${ahead} ahead`, kind: 'reply' }),
    },
    effects: [],
    notices: [],
  };
}
