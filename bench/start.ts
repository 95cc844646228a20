import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Daemon, DEFAULT_CONFIG, MILTON } from './daemon.ts';
import type { Figure, Run } from './figures.ts';
import { inTurns, median } from './statistics.ts';

/** From the start of the process to its end, or to the line that says it is ready, with Node's compile cache filled. */
export const run: Run = async ({ quick }) => {
  const rounds = quick ? 7 : 25;
  await using daemon = new Daemon(DEFAULT_CONFIG);
  // Node writes its compile cache when a process ends in order.
  await daemon.start();
  await sleep(500);
  await daemon.stop();
  const ready = async () => {
    const taken = await daemon.start();
    await daemon.stop();
    return taken;
  };
  const taken = await inTurns(rounds, {
    bare: () => wall(['-e', '0']),
    version: () => wall([MILTON, '--version']),
    help: () => wall([MILTON, '--help']),
    ready,
  });
  const figure = (name: keyof typeof taken, what: string): Figure => ({
    what,
    unit: 'ms',
    value: median(taken[name]),
    reference: { what: 'node -e 0', value: median(taken.bare) },
  });
  return [
    { ...figure('version', 'milton --version'), targets: [{ ratioAtMost: 1.6 }] },
    figure('help', 'milton --help'),
    { ...figure('ready', 'milton start, until it is ready'), targets: [{ ratioAtMost: 4 }] },
  ];
};

/** Milliseconds until a Node process with these arguments has ended. */
async function wall(args: readonly string[]): Promise<number> {
  const began = performance.now();
  const child = spawn(process.execPath, args, { stdio: 'ignore' });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`node ${args.join(' ')} ended with ${code}`);
  return performance.now() - began;
}
