import { setTimeout as sleep } from 'node:timers/promises';
import type { Identity, Processes } from './processes.ts';

/** Milliseconds between two looks: for those who were asked, and for those who have no choice. */
const POLL = 25;
const POLL_KILLED = 5;
const SETTLE = 300;
const TERM_GRACE = 1_000;
const KILL_GRACE = 2_500;

/** What to stop: the agent's own process where it may still live, and all that carries the run's tag. */
export interface StopTarget {
  readonly run: string;
  readonly root: Identity | undefined;
  /** How long the agent may take to stop its own commands and write its last events, in ms. */
  readonly grace: number;
  /** What asks the agent to stop; SIGINT when absent. */
  readonly signal?: NodeJS.Signals | undefined;
}

/**
 * Ends every process of a run. The first signal goes to the agent alone, since agents then stop their own commands, which live
 * in sessions of their own; SIGTERM and SIGKILL go to whatever is left. Returns the pids that even SIGKILL did not end.
 */
export async function stopRun(
  processes: Processes,
  { run, root, grace, signal = 'SIGINT' }: StopTarget,
): Promise<readonly number[]> {
  const left = async () => (await processes.ofRun(root, run)).map((each) => each.pid);
  // What is just becoming another program shows no environment for a moment, so that one look may miss it.
  const none = async () => (await left()).length === 0 && (await sleep(POLL_KILLED).then(left)).length === 0;
  const gone = async (ms: number) => {
    for (const end = performance.now() + ms; ; await nap(end, POLL)) {
      if (await none()) return true;
      if (performance.now() >= end) return false;
    }
  };
  if (root !== undefined) {
    const end = performance.now() + grace;
    if (await processes.lives(root)) send(root.pid, signal);
    while (performance.now() < end && (await processes.lives(root))) await nap(end, POLL);
    if (await gone(SETTLE)) return [];
  }
  for (const pid of await left()) send(pid, 'SIGTERM');
  if (await gone(TERM_GRACE)) return [];
  // A process that is being killed may just have started another one, so they are killed at every look.
  for (const end = performance.now() + KILL_GRACE; performance.now() < end; await nap(end, POLL_KILLED)) {
    const pids = await left();
    if (pids.length === 0 && (await none())) return [];
    for (const pid of pids) send(pid, 'SIGKILL');
  }
  return left();
}

/** Sleeps for one poll, yet not past the end. */
const nap = (end: number, poll: number) => sleep(Math.max(1, Math.min(poll, end - performance.now())));

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone meanwhile, or not ours to end; the next look tells.
  }
}
