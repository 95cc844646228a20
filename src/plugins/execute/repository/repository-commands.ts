import { join } from 'node:path';
import type { Agent } from '../../../pipeline/agent.ts';
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
import { confiner } from './confinement.ts';
import { furnish } from './furnish.ts';
import { isLeftByAgents } from './left-by-agents.ts';
import type { CommandRun } from './repository-command.ts';
import { runTests, type Tests } from './verify.ts';

/** The commands that a repository names, run for one request. */
export class RepositoryCommands {
  readonly #host: Host<ExecuteOptions>;
  readonly #run: string;
  readonly #repository: Repository;
  readonly #git: Git;
  readonly #processes: Processes;
  readonly #agent: Agent;

  constructor(host: Host<ExecuteOptions>, run: string, repository: Repository, git: Git, agent: Agent) {
    this.#host = host;
    this.#run = run;
    this.#repository = repository;
    this.#git = git;
    this.#agent = agent;
    this.#processes = new Processes(host.get(ProcessRunner));
  }

  /** Makes a fresh copy usable. Returns what went wrong, in one sentence. */
  async furnish(worktree: Worktree, signal: AbortSignal): Promise<string | undefined> {
    const own = this.#how('prepare', this.#host.options.prepareTimeout, signal);
    const confine = this.#repository.prepare !== undefined && (await this.#hasAgentsFiles(worktree));
    const how = confine ? await this.#confined(own) : own;
    return furnish(worktree, this.#repository, this.#git, how);
  }

  /** In a fresh copy there is what the person has, and where agents work in place, that may be theirs. */
  async #hasAgentsFiles({ goesOn, base }: Worktree): Promise<boolean> {
    return goesOn === true || this.#repository.isolation === 'in-place' || isLeftByAgents(this.#git, base);
  }

  /** Has the tests judge the work, and where they fail, the commit that it began at as well. */
  async judge(test: RepositoryCommand, worktree: Worktree, changes: Changes, signal: AbortSignal): Promise<Tests> {
    const { folder, base, inPlace } = worktree;
    const git = this.#git.of(worktree);
    const timeout = this.#host.options.testTimeout;
    // A Milton that was killed may have left some at work, and the folder at the commit before.
    await stopLeftover(this.#processes, this.#host.logger, this.#run, undefined, { timeout: 0, idle: 0, stopGrace: 0 });
    if (!inPlace && !changes.left) await git.try('checkout', '--quiet', '--force', changes.branch);
    const how = await this.#confined(this.#how('tests', timeout, signal));
    const tests = await runTests(test, { ...how, folder });
    // In the same folder, with all that was installed there; not in the person's own, nor where work would be lost.
    if (tests.outcome !== 'failed' || inPlace || changes.left) return tests;
    if ((await git.try('checkout', '--quiet', '--force', '--detach', base)).exitCode !== 0) return tests;
    const { output } = this.#how('tests-before', timeout, signal);
    const { outcome } = await runTests(test, { ...how, output, folder });
    return outcome === 'passed' || outcome === 'failed' ? { ...tests, before: outcome } : tests;
  }

  /** The same in a sandbox, where what it starts may be what an agent in one has written. */
  async #confined(how: Omit<CommandRun, 'folder'>): Promise<Omit<CommandRun, 'folder'>> {
    if (!this.#agent.confined || this.#repository.confine === false) return how;
    const temporary = temporaryOf(this.#state, this.#run);
    const { get } = this.#host;
    const own = { get, env: how.env, checkout: this.#repository.path, temporary, hidden: this.#agent.hidden ?? [] };
    return { ...how, ...(await confiner(own)) };
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
