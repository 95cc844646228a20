import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type { ProcessOptions, ProcessResult, ProcessRunner } from '../services.ts';

/** How much it keeps of what a command writes, in bytes. */
export const OUTPUT_LIMIT = 16 * 1024 * 1024;
const TIMEOUT = 30_000;
const KILL_DELAY = 1_000;

/** Runs short commands with execa, which is loaded at the first one since loading it takes longer than a start of Milton may. */
export class ExecaProcessRunner implements ProcessRunner {
  async run(command: string, args: readonly string[], options: ProcessOptions = {}): Promise<ProcessResult> {
    const { cwd, env = {}, input = '', timeout = TIMEOUT, signal } = options;
    // A missing folder is reported by the system as a missing command.
    if (cwd !== undefined && !(await isFolder(cwd))) return { ...NOTHING, failure: 'folder' };
    if (signal?.aborted) return { ...NOTHING, failure: 'aborted' };
    const { execa } = await import('execa');
    const child = execa(command, args, {
      ...(cwd === undefined ? {} : { cwd }),
      ...(signal === undefined ? {} : { cancelSignal: signal }),
      env,
      extendEnv: false,
      input,
      timeout,
      killDescendants: true,
      forceKillAfterDelay: KILL_DELAY,
      reject: false,
      buffer: false,
    });
    const [ended, stdout, stderr] = await Promise.all([child, collect(child.stdout), collect(child.stderr)]);
    return { exitCode: ended.exitCode, stdout, stderr: stderr || startError(ended), failure: failureOf(ended) };
  }
}

const NOTHING = { exitCode: undefined, stdout: '', stderr: '' };

interface Ended {
  readonly exitCode?: number | undefined;
  readonly timedOut: boolean;
  readonly isCanceled: boolean;
  readonly code?: string | undefined;
  readonly originalMessage?: string | undefined;
}

function failureOf(ended: Ended): ProcessResult['failure'] {
  if (ended.isCanceled) return 'aborted';
  if (ended.timedOut) return 'timeout';
  if (ended.code === 'ENOENT' || ended.code === 'EACCES') return 'missing';
  return ended.exitCode === undefined ? 'signal' : undefined;
}

const startError = (ended: Ended) => (ended.code === undefined ? '' : (ended.originalMessage ?? ''));

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** Reads to the end, so that the command is never held up, but keeps no more than the limit. */
async function collect(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let room = OUTPUT_LIMIT;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (room > 0) chunks.push(chunk.subarray(0, room));
      room -= chunk.length;
    }
  } catch {
    // The stream of a killed command breaks off; what came until then counts.
  }
  return Buffer.concat(chunks).toString('utf8');
}
