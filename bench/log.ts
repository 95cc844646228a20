import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '../src/pipeline/services/logger.ts';
import { createRedactor } from '../src/pipeline/services/redact.ts';
import type { Run } from './figures.ts';
import { inTurns } from './statistics.ts';

const FIELDS = { run: 'req_k4m2xa', step: 'execute', attempt: 1, durationMs: 1234 };
const SECRETS = ['tk_a1b2c3d4e5f6g7h8i9j0k1l2m3n4o', 'pplx-0123456789abcdef0123456789abcdef'];

/** Log lines, cleaned, redacted and handed to the operating system, against the same lines without any of that. */
export const run: Run = async ({ quick }) => {
  const [rounds, lines] = quick ? [5, 5_000] : [10, 20_000];
  const folder = mkdtempSync(join(tmpdir(), 'milton-bench-'));
  mkdirSync(join(folder, 'one'));
  mkdirSync(join(folder, 'two'));
  const [plain, watched] = [openSync(join(folder, 'plain'), 'a'), openSync(join(folder, 'watched'), 'a')];
  const common = { level: 'info', redact: createRedactor(SECRETS), readable: false } as const;
  const one = await createLogger({ ...common, folder: join(folder, 'one'), watch: () => {} });
  const two = await createLogger({ ...common, folder: join(folder, 'two'), watch: (line) => writeSync(watched, line) });
  const logged = (logger: typeof one) => rate(lines, (i) => logger.info(`run ${i} went on to its next step`, FIELDS));
  const written = (copies: number) =>
    rate(lines, (i) => {
      const time = new Date().toISOString();
      const line = `${JSON.stringify({ ...FIELDS, time, level: 'info', message: `run ${i} went on to its next step` })}\n`;
      for (let copy = 0; copy < copies; copy++) writeSync(plain, line);
    });
  try {
    const best = await inTurns(rounds, {
      one: logged(one),
      two: logged(two),
      writtenOnce: written(1),
      writtenTwice: written(2),
    });
    const figure = (what: string, ours: readonly number[], reference: readonly number[]) => ({
      what,
      unit: 'k/s' as const,
      value: Math.max(...ours),
      reference: { what: 'JSON.stringify + writeSync', value: Math.max(...reference) },
      targets: [{ ratioAtLeast: 0.45 }],
    });
    return [
      figure('lines to the daily file', best.one, best.writtenOnce),
      figure('lines to the daily file and a watcher', best.two, best.writtenTwice),
    ];
  } finally {
    await one.close();
    await two.close();
    closeSync(plain);
    closeSync(watched);
    rmSync(folder, { recursive: true });
  }
};

/** Measures thousands of lines a second. */
const rate = (lines: number, write: (i: number) => void) => async () => {
  const start = performance.now();
  for (let i = 0; i < lines; i++) write(i);
  const taken = performance.now() - start;
  // A logger may queue; its queue must not run into the next turn.
  await new Promise((resolve) => setImmediate(resolve));
  return lines / taken;
};
