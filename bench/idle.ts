import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Daemon, DEFAULT_CONFIG } from './daemon.ts';
import type { Run } from './figures.ts';

const SETTLED = 3000;

/** Resident memory of a Milton that waits for messages. */
export const run: Run = async () => {
  await using daemon = new Daemon(DEFAULT_CONFIG);
  const bare = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
  try {
    // The first start fills the compile cache.
    await daemon.start();
    await sleep(500);
    await daemon.stop();
    await daemon.start();
    await sleep(SETTLED);
    const value = resident(daemon.pid!);
    const reference = { what: 'bare node', value: resident(bare.pid!) };
    return [
      { what: 'resident memory, 3 s after ready', unit: 'MB', value, reference, targets: [{ ratioAtMost: 1.6 }] },
    ];
  } finally {
    bare.kill('SIGKILL');
    await once(bare, 'exit');
  }
};

const resident = (pid: number) =>
  Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024;
