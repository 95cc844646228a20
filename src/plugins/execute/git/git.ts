import { MiltonError } from '../../../pipeline/errors.ts';
import type { ProcessResult, ProcessRunner } from '../../../pipeline/services.ts';
import { ASK_FOR_PROGRAMS, isWhole, pinsOf } from './pins.ts';

const TIMEOUT = 10 * 60_000;

/** Nothing a repository configures may block, widen or sign what Milton itself does in it, or start a program. */
const GUARDS = [
  ...['core.hooksPath=/dev/null', 'core.fsmonitor=false', 'safe.bareRepository=explicit', 'submodule.recurse=false'],
  ...['commit.gpgSign=false', 'log.showSignature=false', 'gc.auto=0', 'maintenance.auto=false'],
].flatMap((setting) => ['-c', setting]);

/** Milton fetches nothing, so no git of it has to either: what to start for that, a repository would name. */
const ALONE = { GIT_ALLOW_PROTOCOL: '', GIT_NO_LAZY_FETCH: '1' };

/** Commands that neither look into files nor change anything, so that they start no program that the settings name. */
const READERS = new Set([
  ...['rev-parse', 'rev-list', 'merge-base', 'for-each-ref', 'log', 'diff', 'ls-files', 'check-ignore', 'config'],
  'hash-object',
]);

/** Where a worktree is, and where git keeps its state. */
type Place = { readonly folder: string; readonly gitDir: string };

/** Git in one folder. */
export class Git {
  readonly folder: string;
  readonly #runner: ProcessRunner;
  readonly #env: Readonly<Record<string, string>>;
  readonly #signal: AbortSignal | undefined;
  /** Options before the command. */
  readonly #options: readonly string[];
  #pins: Promise<Readonly<Record<string, string>>> | undefined;

  constructor(
    runner: ProcessRunner,
    folder: string,
    env: Readonly<Record<string, string>>,
    { signal, options = [] }: { readonly signal?: AbortSignal | undefined; readonly options?: readonly string[] } = {},
  ) {
    this.#runner = runner;
    this.folder = folder;
    this.#env = { ...env, LC_ALL: 'C', ...ALONE, GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0' };
    this.#signal = signal;
    this.#options = options;
  }

  /** The same git in another folder. */
  in(folder: string): Git {
    return new Git(this.#runner, folder, this.#env, { signal: this.#signal });
  }

  /** The same git in a worktree, by the state it was made with: the agent may have broken the folder's link to it. */
  of({ folder, gitDir }: Place): Git {
    const options = [`--git-dir=${gitDir}`, `--work-tree=${folder}`];
    return new Git(this.#runner, folder, this.#env, { signal: this.#signal, options });
  }

  /** The same git, whose commands end when the signal aborts. */
  until(signal: AbortSignal): Git {
    return new Git(this.#runner, this.folder, this.#env, { signal, options: this.#options });
  }

  /** Runs a command to its end, whatever that is. */
  async try(...args: readonly string[]): Promise<ProcessResult> {
    if (READERS.has(args[0] ?? '')) return this.#start(args);
    this.#pins ??= this.#askForPins();
    return this.#start(args, await this.#pins);
  }

  /** Whether a command that tells by its exit code says yes. */
  async asks(...args: readonly string[]): Promise<boolean> {
    return (await this.try(...args)).exitCode === 0;
  }

  /** Its output without the last line break; throws MiltonError GIT when the command fails. */
  async run(...args: readonly string[]): Promise<string> {
    const ended = await this.try(...args);
    if (ended.exitCode === 0) return ended.stdout.replace(/\n$/, '');
    throw new MiltonError('GIT', `git ${args[0]} failed in ${this.folder}: ${whyOf(ended)}`, { hint: hintOf(ended) });
  }

  /** Throws MiltonError GIT where the answer is not known to be whole: without it, git would start what it is to be kept from. */
  async #askForPins(): Promise<Readonly<Record<string, string>>> {
    const answer = await this.#start(ASK_FOR_PROGRAMS);
    // 1 = there are none.
    const none = answer.exitCode === 1 && answer.stdout === '';
    if (none || (answer.exitCode === 0 && isWhole(answer.stdout))) return pinsOf(answer.stdout);
    const why = answer.exitCode === 0 ? 'they are too many.' : whyOf(answer);
    throw new MiltonError('GIT', `The settings of git in ${this.folder} could not be read: ${why}`, {
      hint: hintOf(answer),
    });
  }

  #start(args: readonly string[], pins: Readonly<Record<string, string>> = {}): Promise<ProcessResult> {
    return this.#runner.run('git', [...GUARDS, ...this.#options, ...args], {
      ...{ cwd: this.folder, env: { ...this.#env, ...pins }, timeout: TIMEOUT },
      ...(this.#signal ? { signal: this.#signal } : {}),
    });
  }
}

/** What git says where a file needs a filter that is not there, or that Milton does not start. */
const FILTER_FAILED = /(?:clean|smudge) filter '?([\w.-]+)'? failed/;
const OWN_FILTER = 'Milton starts no filter that only the repository names. Name it in your own settings:';

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
  const [, filter] = FILTER_FAILED.exec(stderr) ?? [];
  if (filter) return `${OWN_FILTER} git config --global filter.${filter}.clean "…", and smudge likewise.`;
  if (/transport '.*' not allowed/.test(stderr))
    return 'It is a partial clone, and Milton fetches nothing: fetch it all.';
  if (/No space left/i.test(stderr)) return 'Free some disk space and send the request again.';
  return undefined;
}
