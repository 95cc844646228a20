import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../random.ts';
import type { Contestant } from './contestants.ts';

/** What came of cancelling one agent. */
export interface Round {
  readonly when: 'at work' | 'on the way';
  /** `stopped` = it rejected with the reason of the cancel. */
  readonly outcome: 'stopped' | 'reported' | 'failed otherwise';
  /** How many processes of it there were when it was cancelled, and after it said that it was stopped. */
  readonly lived: number;
  readonly left: number;
  readonly stopMs: number;
  readonly trouble?: string;
}

/** How long an agent may take until its command is at work, in ms. */
const PATIENCE = 180_000;
/** From the start on, within so many ms; half of the rounds wait until the command is at work. */
const EARLY = 1_500;
let rounds = 0;

/** Starts an agent, cancels it at a random instant, and counts by itself what is left. */
export async function roundOf(contestant: Contestant, random: Random): Promise<Round> {
  const home = mkdtempSync(join(tmpdir(), 'milton-torture-'));
  const run = `req_torture${process.pid}x${++rounds}`;
  const marker = `marker-${run}-end`;
  const folder = join(home, 'work');
  mkdirSync(folder);
  const { agent, close } = await contestant.prepare(home, marker);
  const stop = new AbortController();
  const reason = new Error('cancelled');
  const task = { run, prompt: 'Never end.', folder, access: 'write', output: join(home, 'out') } as const;
  const context = { signal: stop.signal, note: async () => {}, progress: () => {}, used: () => {} };
  const ended = agent.run(task, context).then(
    () => 'reported' as const,
    (error: unknown) => (error === reason ? ('stopped' as const) : ('failed otherwise' as const)),
  );
  try {
    const early = random() < 0.5;
    const atWork = () => existsSync(join(folder, 'busy'));
    if (early) await sleep(random() * EARLY);
    else for (const until = performance.now() + PATIENCE; !atWork() && performance.now() < until; ) await sleep(20);
    const when = atWork() ? 'at work' : 'on the way';
    const lived = processesOf(run, marker).length;
    const began = performance.now();
    stop.abort(reason);
    const outcome = await ended;
    const stopMs = performance.now() - began;
    const left = processesOf(run, marker);
    const trouble = left.length > 0 ? `${run} left ${left.map(commandOf).join(', ')}` : undefined;
    return { when, outcome, lived, left: left.length, stopMs, ...(trouble ? { trouble } : {}) };
  } finally {
    for (const pid of processesOf(run, marker)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }
    await close();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** By the tag in the environment, and by the marker on the command line, which Milton knows nothing of. */
function processesOf(run: string, marker: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => {
      const tagged = read(pid, 'environ').split('\0').includes(`MILTON_REQUEST_ID=${run}`);
      return (tagged || commandOf(pid).includes(marker)) && !isZombie(pid);
    });
}

const commandOf = (pid: number) => read(pid, 'cmdline').replaceAll('\0', ' ').trim();
const isZombie = (pid: number) => /^State:\s+[ZX]/m.test(read(pid, 'status'));

function read(pid: number, what: string): string {
  try {
    return readFileSync(`/proc/${pid}/${what}`, 'latin1');
  } catch {
    return '';
  }
}
