import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Acceptance } from '../src/pipeline/store/job-store.ts';
import { openStore } from '../src/pipeline/store/sqlite.ts';

/** Medians in µs; `ratio` is accept against the same bytes written and flushed to a plain file in the same run. */
export interface StoreFigures {
  readonly flush: number;
  readonly accept: number;
  readonly claim: number;
  readonly checkpoint: number;
  readonly settle: number;
  readonly sent: number;
  readonly ratio: number;
}

const LEASE = 60_000;

/** Takes `requests` requests through the store from message to sent final notice, one after the other. */
export async function benchStore(requests: number): Promise<StoreFigures> {
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
  const [flush, accept] = [median(times, 'flush'), median(times, 'accept')];
  const [claim, checkpoint, settle, sent] = ['claim', 'checkpoint', 'settle', 'sent'].map((name) =>
    median(times, name),
  );
  return { flush, accept, claim: claim!, checkpoint: checkpoint!, settle: settle!, sent: sent!, ratio: accept / flush };
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

function median(times: ReadonlyMap<string, readonly number[]>, name: string): number {
  const sorted = times.get(name)!.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}

if (import.meta.main) console.table(await benchStore(Number(process.argv[2] ?? 2000)));
