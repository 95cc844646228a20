import { join } from 'node:path';
import type { Host } from '../../../pipeline/host.ts';
import { cleaner } from '../../../pipeline/services/clean.ts';
import { Redact } from '../../../pipeline/services/redact.ts';
import {
  Environment,
  Folders,
  ProcessRunner,
  type Repository,
  type RepositoryCommand,
} from '../../../pipeline/services.ts';
import type { ExecuteOptions } from '../execute.ts';
import type { Git } from '../git/git.ts';
import type { Changes, Worktree } from '../git/worktree.ts';
import { agentEnvironment } from '../process/child-environment.ts';
import { Processes } from '../process/processes.ts';
import { stopLeftover } from '../process/run-cli.ts';
import { temporaryOf } from '../process/temporary.ts';
import { furnish } from './furnish.ts';
import type { CommandRun } from './repository-command.ts';
import { runTests, type Tests } from './verify.ts';

/** The commands that a repository names, run for one request. */
export class RepositoryCommands {
  readonly #host: Host<ExecuteOptions>;
  readonly #run: string;
  readonly #repository: Repository;
  readonly #git: Git;
  readonly #processes: Processes;

  constructor(host: Host<ExecuteOptions>, run: string, repository: Repository, git: Git) {
    this.#host = host;
    this.#run = run;
    this.#repository = repository;
    this.#git = git;
    this.#processes = new Processes(host.get(ProcessRunner));
  }

  /** Makes a fresh copy usable. Returns what went wrong, in one sentence. */
  furnish(worktree: Worktree, signal: AbortSignal): Promise<string | undefined> {
    const how = this.#how('prepare', this.#host.options.prepareTimeout, signal);
    return furnish(worktree, this.#repository, this.#git, how);
  }

  /** Has the tests judge the work, and where they fail, the commit that it began at as well. */
  async judge(test: RepositoryCommand, worktree: Worktree, changes: Changes, signal: AbortSignal): Promise<Tests> {
    const { folder, base, inPlace } = worktree;
    const git = this.#git.of(worktree);
    const timeout = this.#host.options.testTimeout;
    // A Milton that was killed may have left some at work, and the folder at the commit before.
    await stopLeftover(this.#processes, this.#host.logger, this.#run, undefined, { timeout: 0, idle: 0, stopGrace: 0 });
    if (!inPlace && !changes.left) await git.try('checkout', '--quiet', '--force', changes.branch);
    const tests = await runTests(test, { ...this.#how('tests', timeout, signal), folder });
    // In the same folder, with all that was installed there; not in the person's own, nor where work would be lost.
    if (tests.outcome !== 'failed' || inPlace || changes.left) return tests;
    if ((await git.try('checkout', '--quiet', '--force', '--detach', base)).exitCode !== 0) return tests;
    const { outcome } = await runTests(test, { ...this.#how('tests-before', timeout, signal), folder });
    return outcome === 'passed' || outcome === 'failed' ? { ...tests, before: outcome } : tests;
  }

  get #state(): string {
    return this.#host.get(Folders).state;
  }

  #how(what: string, timeout: number, signal: AbortSignal): Omit<CommandRun, 'folder'> {
    return {
      processes: this.#processes,
      logger: this.#host.logger,
      clean: cleaner(this.#host.get(Redact)),
      run: this.#run,
      // No secrets, and the tag by which what they leave behind is found.
      env: agentEnvironment(
        this.#host.get(Environment),
        { run: this.#run, temporary: temporaryOf(this.#state, this.#run) },
        [],
        {},
      ),
      output: join(this.#state, 'agents', `${this.#run}.${what}.out`),
      timeout,
      signal,
    };
  }
}
