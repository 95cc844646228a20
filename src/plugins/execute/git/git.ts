import { MiltonError } from '../../../pipeline/errors.ts';
import type { ProcessResult, ProcessRunner } from '../../../pipeline/services.ts';

const TIMEOUT = 10 * 60_000;

/** Nothing a repository configures may block, widen or sign what Milton itself does in it. */
const GUARDS = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'commit.gpgSign=false',
  'gc.auto=0',
  'maintenance.auto=false',
];

/** Git in one folder. */
export class Git {
  readonly folder: string;
  readonly #runner: ProcessRunner;
  readonly #env: Readonly<Record<string, string>>;
  readonly #signal: AbortSignal | undefined;

  constructor(runner: ProcessRunner, folder: string, env: Readonly<Record<string, string>>, signal?: AbortSignal) {
    this.#runner = runner;
    this.folder = folder;
    this.#env = { ...env, LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0' };
    this.#signal = signal;
  }

  /** The same git in another folder. */
  in(folder: string): Git {
    return new Git(this.#runner, folder, this.#env, this.#signal);
  }

  /** The same git, whose commands end when the signal aborts. */
  until(signal: AbortSignal): Git {
    return new Git(this.#runner, this.folder, this.#env, signal);
  }

  /** Runs a command to its end, whatever that is. */
  try(...args: readonly string[]): Promise<ProcessResult> {
    const guards = GUARDS.flatMap((setting) => ['-c', setting]);
    return this.#runner.run('git', [...guards, ...args], {
      ...{ cwd: this.folder, env: this.#env, timeout: TIMEOUT },
      ...(this.#signal ? { signal: this.#signal } : {}),
    });
  }

  /** Its output without the last line break; throws MiltonError GIT when the command fails. */
  async run(...args: readonly string[]): Promise<string> {
    const ended = await this.try(...args);
    if (ended.exitCode === 0) return ended.stdout.replace(/\n$/, '');
    throw new MiltonError('GIT', `git ${args[0]} failed in ${this.folder}: ${whyOf(ended)}`, { hint: hintOf(ended) });
  }
}

function whyOf({ failure, stderr, exitCode }: ProcessResult): string {
  if (failure === 'missing') return 'git is not installed.';
  if (failure === 'folder') return 'the folder does not exist.';
  if (failure === 'timeout') return `it took longer than ${TIMEOUT / 60_000} min.`;
  if (failure === 'aborted') return 'it was stopped.';
  const line = stderr.split('\n').find((each) => /^(fatal|error):/.test(each)) ?? stderr.trim().split('\n').at(-1);
  return line?.replace(/^(fatal|error):\s*/, '') || `exit code ${exitCode}.`;
}

function hintOf({ failure, stderr }: ProcessResult): string | undefined {
  if (failure === 'missing') return 'Install git and send the request again.';
  if (/dubious ownership/.test(stderr)) return 'Run Milton as the owner of the repository.';
  if (/No space left/i.test(stderr)) return 'Free some disk space and send the request again.';
  return undefined;
}
