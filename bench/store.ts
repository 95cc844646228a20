import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Acceptance } from '../src/pipeline/store/job-store.ts';
import { openStore } from '../src/pipeline/store/sqlite.ts';
import type { Run } from './figures.ts';

const LEASE = 60_000;

/** Requests, one after the other, from the message to the sent final notice: the cost of each durable write. */
export const run: Run = async ({ quick }) => {
  const requests = quick ? 300 : 2000;
  const folder = mkdtempSync(join(tmpdir(), 'milton-bench-'));
  const plain = openSync(join(folder, 'plain'), 'a');
  const store = openStore(join(folder, 'milton.db'), { mode: 'daemon' });
  const times = new Map<string, number[]>();
  const time = async <T>(name: string, work: () => T | Promise<T>): Promise<T> => {
    const start = performance.now();
    const result = await work();
    const taken = performance.now() - start;
    if (!times.has(name)) times.set(name, []);
    times.get(name)!.push(taken * 1000);
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
  const flush = { what: 'write + fdatasync of the same bytes', value: median(times, 'flush') };
  return ['accept', 'claim', 'checkpoint', 'settle', 'sent'].map((name) => ({
    what: `${name}, median`,
    unit: 'µs',
    value: median(times, name),
    reference: flush,
    ...(name === 'accept' ? { targets: [{ ratioAtMost: 2 }] } : {}),
  }));
};

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

function median(times: ReadonlyMap<string, readonly number[]>, name: string): number {
  const sorted = times.get(name)!.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}
