import { join } from 'node:path';
import type { Host } from '../../pipeline/host.ts';
import {
  Environment,
  Folders,
  ProcessRunner,
  type Repository,
  type RepositoryCommand,
} from '../../pipeline/services.ts';
import { agentEnvironment } from './child-environment.ts';
import type { ExecuteOptions } from './execute.ts';
import { furnish } from './furnish.ts';
import type { Git } from './git.ts';
import { Processes } from './processes.ts';
import { stopLeftover } from './run-cli.ts';
import { runTests, type Tests } from './verify.ts';
import type { Worktree, Worktrees } from './worktree.ts';

/** The commands that a repository names, run for one request; nothing that they leave running outlives them. */
export class RepositoryCommands {
  readonly #host: Host<ExecuteOptions>;
  readonly #run: string;
  readonly #repository: Repository;
  readonly #git: Git;
  readonly #runner: ProcessRunner;

  constructor(host: Host<ExecuteOptions>, run: string, repository: Repository, git: Git) {
    this.#host = host;
    this.#run = run;
    this.#repository = repository;
    this.#git = git;
    this.#runner = host.get(ProcessRunner);
  }

  /** Makes a fresh copy usable. Returns what went wrong, in one sentence. */
  furnish(worktree: Worktree, signal: AbortSignal): Promise<string | undefined> {
    const [repository, timeout] = [this.#repository, this.#host.options.prepareTimeout];
    const furnishing = { git: this.#git, runner: this.#runner, repository, env: this.#environment(), timeout, signal };
    return this.#alone(() => furnish(worktree, furnishing), repository.prepare !== undefined);
  }

  /** Has the tests judge the work, and where they fail, the commit that it began at as well. */
  async judge(test: RepositoryCommand, worktree: Worktree, worktrees: Worktrees, signal: AbortSignal): Promise<Tests> {
    const judged = (folder: string) => {
      const timeout = this.#host.options.testTimeout;
      const how = { runner: this.#runner, folder, env: this.#environment(), timeout, signal };
      return this.#alone(() => runTests(test, how));
    };
    const tests = await judged(worktree.folder);
    if (tests.outcome !== 'failed') return tests;
    const folder = join(this.#host.get(Folders).state, 'worktrees', `${this.#run}-base`);
    const base = await worktrees.openBase(worktree, folder);
    try {
      if ((await this.furnish(base, signal)) !== undefined) return tests;
      const { outcome } = await judged(base.folder);
      return outcome === 'passed' || outcome === 'failed' ? { ...tests, before: outcome } : tests;
    } finally {
      await worktrees.discard(base);
    }
  }

  /** No secrets, and the tag by which what they leave behind is found. */
  #environment(): Readonly<Record<string, string>> {
    return agentEnvironment(this.#host.get(Environment), this.#run, [], {});
  }

  async #alone<T>(work: () => Promise<T>, needed = true): Promise<T> {
    if (!needed) return work();
    // Also before, since a Milton that was killed meanwhile may have left one at work.
    await this.#sweep();
    try {
      return await work();
    } finally {
      await this.#sweep();
    }
  }

  #sweep(): Promise<void> {
    return stopLeftover(new Processes(this.#runner), this.#host.logger, this.#run, undefined, 0);
  }
}
