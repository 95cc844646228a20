import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentContext, AgentTask } from '../../../pipeline/agent.ts';
import { MARGIN, mended } from '../../../pipeline/excerpt.ts';
import type { Json } from '../../../pipeline/json.ts';
import type { Logger } from '../../../pipeline/services.ts';
import { openPrivateFile } from './private-file.ts';
import { bootId, type Identity, type Processes } from './processes.ts';
import { type Command, type Exit, errorFile, type NotStarted, type Spawned, spawnAgent } from './spawn-agent.ts';
import { stopRun } from './stop.ts';
import { READ_LIMIT, Tail } from './tail.ts';

const POLL = 200;
/** What is read of the end of a file, in bytes, beside what a secret may need that is cut there. */
const TAIL = 4_000;
/** How long the last words of a run that is stopped are read: they tell what it has used up. */
const DRAIN_GRACE = 1_000;

/** Limits of one run in ms; 0 = none. */
export interface Limits {
  readonly timeout: number;
  /** How long the agent may write nothing at all, to standard error neither. */
  readonly idle: number;
  /** How long it may take to end by itself after the first signal. */
  readonly stopGrace: number;
  /** What that signal is; SIGINT when absent. */
  readonly stopSignal?: NodeJS.Signals;
  /** How many bytes it may write; none = no limit. */
  readonly output?: number;
}

/** How a command line agent ended: by itself, stopped for one of the limits, or not having been started. */
export interface CliEnd {
  readonly how: 'exited' | 'timeout' | 'idle' | 'output' | 'budget' | NotStarted['failure'];
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  /** The end of its standard error, or why it could not be started. */
  readonly stderr: string;
  readonly durationMs: number;
}

/** What is needed to run an agent that is a program. */
export interface CliRun {
  readonly task: Pick<AgentTask, 'run' | 'folder' | 'output'>;
  readonly context: Pick<AgentContext, 'signal' | 'note'>;
  /** What the program reads from its standard input. */
  readonly input: string;
  /** It may begin before it has read that: it is noted before it is started, too, and then found again by its tag alone. */
  readonly atOnce?: boolean;
  readonly command: Omit<Command, 'cwd' | 'output'>;
  readonly limits: Limits;
  readonly processes: Processes;
  readonly logger: Logger;
  /** Saved for `recover`, beside the process. */
  readonly note?: { readonly [key: string]: Json };
  /** Its output is not read where absent. */
  onLine?(line: string): void;
  /** Whether by what it has written it has used up more than it may, and is still at work. */
  overdrawn?(): boolean;
  /** Whether what it has just written says no more than that it waits. */
  waiting?(): boolean;
}

/**
 * Runs a program from its start until nothing of it lives any more. Rejects when the signal aborts (with its reason), the note
 * cannot be saved, or its output cannot be read, and then too nothing is left.
 */
export async function runCli(run: CliRun): Promise<CliEnd> {
  const { task, context, processes } = run;
  context.signal.throwIfAborted();
  const began = performance.now();
  const end = (how: CliEnd['how'], rest: Partial<CliEnd>): CliEnd => ({
    ...{ exitCode: undefined, signal: undefined, stderr: '' },
    ...{ how, durationMs: Math.round(performance.now() - began), ...rest },
  });
  if (run.atOnce) {
    await context.note({ ...run.note });
    context.signal.throwIfAborted();
  }
  const child = await spawnAgent({ ...run.command, cwd: task.folder, output: task.output }, processes);
  if ('failure' in child) return end(child.failure, { stderr: child.detail });
  const { how, ...exit } = await attend(run, child, began).catch(async (error: unknown) => {
    // Its output cannot be read, say, or a line cannot be understood: nobody would look after it any more.
    await stopAll(run, child.identity);
    throw error;
  });
  context.signal.throwIfAborted();
  return end(how === 'aborted' ? 'exited' : how, { ...exit, stderr: await endOfFile(errorFile(task.output)) });
}

/** Sees a started program through until nothing of it lives, and reads what it writes. */
async function attend(run: CliRun, child: Spawned, began: number): Promise<{ how: Watched } & Partial<Exit>> {
  const { task, context, limits } = run;
  const noted = { ...run.note, ...child.identity, boot: bootId() };
  await using tail = run.onLine && (await Tail.open(task.output, run.onLine));
  await context.note(noted);
  if (!context.signal.aborted) child.begin(run.input);
  const how = await watch(run, child, tail, began);
  // What it says from here on may be no more than the answer to that.
  if (how === 'aborted') await context.note({ ...noted, stopped: true }).catch(() => {});
  await stopAll(run, how === 'exited' ? undefined : child.identity);
  // What has been killed and cannot die (a stuck disk) must not hold the request up for ever.
  const exit = await Promise.race([child.exited, sleep(limits.stopGrace, undefined, { ref: false })]);
  await tail?.drain(context.signal.aborted ? AbortSignal.timeout(DRAIN_GRACE) : context.signal);
  return { how, ...exit };
}

/** Ends what still lives of a run that an earlier Milton had started and noted. */
export async function stopLeftover(
  processes: Processes,
  logger: Logger,
  run: string,
  noted: Json | undefined,
  { stopGrace: grace, stopSignal: signal }: Limits,
) {
  const { pid, start, boot } = (noted ?? {}) as { pid?: unknown; start?: unknown; boot?: unknown };
  const known = typeof pid === 'number' && typeof start === 'string' && boot === bootId();
  await report(logger, run, await stopRun(processes, { run, root: known ? { pid, start } : undefined, grace, signal }));
}

/** Why a program is no longer watched. */
type Watched = CliEnd['how'] | 'aborted';

async function watch(run: CliRun, child: Spawned, tail: Tail | undefined, began: number): Promise<Watched> {
  const { task, context, limits, overdrawn, waiting } = run;
  const { signal } = context;
  const over = new AbortController();
  void child.exited.then(() => over.abort());
  const either = AbortSignal.any([signal, over.signal]);
  let behind = false;
  let heard = 0;
  for (let active = began; ; ) {
    // A writer that is faster is followed without a pause, but for that of a turn.
    await sleep(behind ? 0 : POLL, undefined, { signal: either }).catch(() => {});
    if (over.signal.aborted) return 'exited';
    if (signal.aborted) return 'aborted';
    const now = performance.now();
    const bytes = (await tail?.read()) ?? 0;
    behind = bytes >= READ_LIMIT;
    const [said, complained] = await written(task.output);
    // Some tell what they do on standard error; what it says while it only waits is told by its lines.
    if ((bytes > 0 || complained > heard) && !waiting?.()) active = now;
    heard = complained;
    if (overdrawn?.()) return 'budget';
    if (limits.output !== undefined && said + complained > limits.output) return 'output';
    if (limits.timeout > 0 && now - began > limits.timeout) return 'timeout';
    if (limits.idle > 0 && now - active > limits.idle) return 'idle';
  }
}

/** How many bytes the program has written to each of its files. */
async function written(output: string): Promise<readonly [output: number, error: number]> {
  const size = async (path: string) => (await stat(path).catch(() => undefined))?.size ?? 0;
  return Promise.all([size(output), size(errorFile(output))]);
}

async function stopAll({ processes, logger, task, limits }: CliRun, root: Identity | undefined): Promise<void> {
  const { stopGrace: grace, stopSignal: signal } = limits;
  await report(logger, task.run, await stopRun(processes, { run: task.run, root, grace, signal }));
}

async function report(logger: Logger, run: string, left: readonly number[]): Promise<void> {
  if (left.length > 0) logger.error('processes of a run could not be ended', { run, pids: left });
}

/** The last 4,000 bytes of a file and some more, which must be cleaned before they are cut; empty where there is none. */
export async function endOfFile(path: string): Promise<string> {
  try {
    await using file = await openPrivateFile(path);
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.min(size, TAIL + MARGIN));
    await file.read(bytes, 0, bytes.length, size - bytes.length);
    const text = bytes.toString('utf8');
    return (bytes.length < size ? mended(text) : text).trim();
  } catch {
    return '';
  }
}
