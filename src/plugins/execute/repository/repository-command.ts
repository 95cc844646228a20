import type { Clean } from '../../../pipeline/services/clean.ts';
import type { Logger, RepositoryCommand } from '../../../pipeline/services.ts';
import { formatDuration } from '../duration.ts';
import type { Processes } from '../process/processes.ts';
import { type CliEnd, endOfFile, runCli } from '../process/run-cli.ts';

export interface CommandRun {
  readonly processes: Processes;
  readonly logger: Logger;
  readonly clean: Clean;
  /** The request's id, by which everything that the command starts is found. */
  readonly run: string;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Absolute path of the file that receives its output. */
  readonly output: string;
  /** In ms. */
  readonly timeout: number;
  readonly signal: AbortSignal;
  /** Puts a command that is to run in a folder into a sandbox; it runs in none where absent. */
  readonly shut?: ((argv: Argv, folder: string) => Promise<Argv>) | undefined;
  /** Why there is no sandbox although it must run in one: it is not started. */
  readonly refused?: string | undefined;
}

type Argv = RepositoryCommand['argv'];

/** How a command of a repository ended, with the last of what it said, which may be cut. */
export type CommandEnd = Pick<CliEnd, 'how' | 'exitCode' | 'durationMs'> & { readonly tail: string };

const STOP_GRACE = 1_000;
/** How many bytes it may write before it is stopped: no log is that long, and the disk is shared with all else. */
const OUTPUT_LIMIT = 100_000_000;

/**
 * Runs a command of a repository as an agent is run: its output goes to a file, and nothing that it has started outlives it. Rejects
 * only when the signal aborts.
 */
export async function runCommand({ argv }: RepositoryCommand, run: CommandRun): Promise<CommandEnd> {
  const { processes, logger, clean, folder, env, output, timeout, signal, refused } = run;
  if (refused !== undefined) return { how: 'refused', exitCode: undefined, durationMs: 0, tail: refused };
  const [bin, ...args] = run.shut ? await run.shut(argv, folder) : argv;
  const { how, exitCode, durationMs, stderr } = await runCli({
    task: { run: run.run, folder, output },
    context: { signal, note: async () => {} },
    command: { bin, args, env },
    input: '',
    limits: { timeout, idle: 0, stopGrace: STOP_GRACE, output: OUTPUT_LIMIT },
    processes,
    logger,
  });
  const said = hasRun(how) ? await endOfFile(output) : '';
  return { how, exitCode, durationMs, tail: clean([said, stderr].filter(Boolean).join('\n')) };
}

/** Whether it was started at all. */
export const hasRun = (how: CliEnd['how']) => how === 'exited' || how === 'timeout' || how === 'output';

/** How it ended, as the end of a sentence: `failed with exit code 1`. */
export function fateOf({ how, exitCode }: CommandEnd, timeout: number): string {
  if (how === 'missing' || how === 'refused') return 'cannot be started: there is no such command';
  if (how === 'folder') return 'cannot be started: its folder is gone';
  if (how === 'timeout') return `took longer than ${formatDuration(timeout)}`;
  if (how === 'output') return `wrote more than ${OUTPUT_LIMIT / 1e6} MB`;
  return exitCode === undefined ? 'was ended by a signal' : `failed with exit code ${exitCode}`;
}
