import { readdirSync, readFileSync } from 'node:fs';
import type { ProcessRunner } from '../../../pipeline/services.ts';

/** The environment variable that every process of a run inherits, and by which Milton finds those that left its process tree. */
export const RUN_TAG = 'MILTON_REQUEST_ID';

/** One process for good: `start` tells apart two that had the same pid one after the other. */
export interface Identity {
  readonly pid: number;
  readonly start: string;
}

/** A live process. */
export interface ProcessInfo extends Identity {
  readonly ppid: number;
}

/** Looks at the processes of this machine. */
export class Processes {
  readonly #runner: ProcessRunner;

  constructor(runner: ProcessRunner) {
    this.#runner = runner;
  }

  /** The process that has this pid now. */
  async find(pid: number): Promise<ProcessInfo | undefined> {
    if (process.platform === 'linux') return readProcess(pid);
    return (await this.#list()).find((each) => each.pid === pid);
  }

  /** Whether exactly this process still lives. */
  async lives({ pid, start }: Identity): Promise<boolean> {
    return (await this.find(pid))?.start === start;
  }

  /**
   * Every live process of a run: descendants of `root`, and everything that carries the run's tag. Where the system shows no
   * environments (outside Linux), the descendants only.
   */
  async ofRun(root: Identity | undefined, run: string): Promise<readonly ProcessInfo[]> {
    const all = await this.#list();
    const pids = new Set<number>();
    for (const each of all) {
      const isRoot = each.pid === root?.pid && each.start === root.start;
      if (isRoot || (each.pid !== process.pid && isTagged(each.pid, run))) pids.add(each.pid);
    }
    for (let size = -1; size < pids.size; ) {
      size = pids.size;
      for (const each of all) if (pids.has(each.ppid)) pids.add(each.pid);
    }
    return all.filter((each) => pids.has(each.pid));
  }

  async #list(): Promise<readonly ProcessInfo[]> {
    if (process.platform !== 'linux')
      return parsePs((await this.#runner.run('ps', ['-axo', 'pid=,ppid=,stat=,lstart='])).stdout);
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => readProcess(Number(name)))
      .filter((each) => each !== undefined);
  }
}

/** The lines of `ps -axo pid=,ppid=,stat=,lstart=` without zombies. */
export function parsePs(text: string): readonly ProcessInfo[] {
  return text.split('\n').flatMap((line) => {
    const [, pid, ppid, state, start] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.+?)\s*$/.exec(line) ?? [];
    return pid === undefined || state!.startsWith('Z') ? [] : [{ pid: Number(pid), ppid: Number(ppid), start: start! }];
  });
}

/** Names this boot of the machine, since pids and start times begin anew with the next one; empty where unknown. */
export function bootId(): string {
  return read('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
}

function readProcess(pid: number): ProcessInfo | undefined {
  const stat = read(`/proc/${pid}/stat`);
  // The name in parentheses may itself hold spaces and parentheses, so the fields are counted from its end.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (!fields || fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return { pid, ppid: Number(fields[1]), start: fields[19]! };
}

function isTagged(pid: number, run: string): boolean {
  return read(`/proc/${pid}/environ`)?.split('\0').includes(`${RUN_TAG}=${run}`) ?? false;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
