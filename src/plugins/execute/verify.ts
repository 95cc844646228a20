import type { ProcessRunner, RepositoryCommand } from '../../pipeline/services.ts';

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
}

export interface TestRun {
  readonly runner: ProcessRunner;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** In ms. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

const TAIL_LINES = 20;
const TAIL_LENGTH = 2_000;
/** What a shell answers where there is no such command, or none that can be run. */
const NOT_RUN = new Set([126, 127]);

/** Runs the tests of a repository in a folder. Rejects only when the signal aborts. */
export async function runTests({ line, argv }: RepositoryCommand, run: TestRun): Promise<Tests> {
  const { runner, folder, env, timeout, signal } = run;
  const [program, ...args] = argv;
  const began = performance.now();
  const ended = await runner.run(program, args, { cwd: folder, env, timeout, signal });
  signal.throwIfAborted();
  const { exitCode, failure } = ended;
  const broken = failure === 'missing' || failure === 'folder' || NOT_RUN.has(exitCode ?? 0);
  return {
    command: line,
    outcome: failure === 'timeout' ? 'timeout' : broken ? 'broken' : exitCode === 0 ? 'passed' : 'failed',
    ...(exitCode === undefined ? {} : { exitCode }),
    ms: Math.round(performance.now() - began),
    tail: lastLines(`${ended.stdout}\n${ended.stderr}`),
  };
}

function lastLines(text: string): string {
  const lines = text.trim().split('\n').slice(-TAIL_LINES).join('\n');
  return lines.slice(-TAIL_LENGTH).toWellFormed();
}
