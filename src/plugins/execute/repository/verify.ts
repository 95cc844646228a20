import type { RepositoryCommand } from '../../../pipeline/services.ts';
import { type CommandRun, fateOf, hasRun, runCommand } from './repository-command.ts';

/** What came of the repository's own tests, as Milton ran them. */
export interface Tests {
  readonly command: string;
  /** `broken`: they could not be started. */
  readonly outcome: 'passed' | 'failed' | 'broken' | 'timeout';
  readonly exitCode?: number;
  readonly ms: number;
  /** The last lines of what they said. */
  readonly tail: string;
  /** What the same tests say of the commit that the work began at; looked at only where they did not pass. */
  readonly before?: 'passed' | 'failed';
  /** They ran in a sandbox. */
  readonly confined?: true;
}

const TAIL_LINES = 20;
const TAIL_LENGTH = 2_000;
/** What a shell answers where there is no such command, or none that can be run. */
const NOT_RUN = new Set([126, 127]);

/** Runs the tests of a repository in a folder. Rejects only when the signal aborts. */
export async function runTests(test: RepositoryCommand, run: CommandRun): Promise<Tests> {
  const end = await runCommand(test, run);
  const { how, exitCode, durationMs } = end;
  const broken = !hasRun(how) || NOT_RUN.has(exitCode ?? 0);
  const passed = how === 'exited' && exitCode === 0;
  // Nothing else of what they said tells that they were stopped for it.
  const stopped = how === 'output' ? `\nStopped: it ${fateOf(end, run.timeout)}.` : '';
  const tail = end.tail.trim().split('\n').slice(-TAIL_LINES).join('\n').slice(-TAIL_LENGTH).toWellFormed();
  return {
    command: test.line,
    outcome: how === 'timeout' ? 'timeout' : broken ? 'broken' : passed ? 'passed' : 'failed',
    ...(exitCode === undefined ? {} : { exitCode }),
    ms: durationMs,
    tail: `${tail}${stopped}`,
    ...(run.shut ? { confined: true } : {}),
  };
}
