import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect } from 'vitest';
import type { Agent } from '../../src/pipeline/agent.ts';
import { ExecaProcessRunner } from '../../src/pipeline/services/process-runner.ts';
import { claude } from '../../src/plugins/execute/agents/claude.ts';
import { execute } from '../../src/plugins/execute/execute.ts';
import { Processes } from '../../src/plugins/execute/process/processes.ts';
import { prompt, result, verdict } from '../../src/plugins/slots.ts';
import { FakeRun, hermetic, makeAgent, runStep } from './fake-run.ts';
import { type GitRepo, gitRepo } from './git-repo.ts';
import { type Scenario, type StubAnthropic, stubAnthropic } from './stub-anthropic.ts';

export const CLAUDE_KEY = 'sk-ant-made-up';

/** A home where only the stub can be reached, and few retries. */
export const claudeVariables = (home: string, url: string) => ({
  ...hermetic(home),
  ANTHROPIC_BASE_URL: url,
  ANTHROPIC_API_KEY: CLAUDE_KEY,
  CLAUDE_CODE_MAX_RETRIES: '1',
});

/** What one test asks of the real Claude Code. */
export interface ClaudeJob {
  readonly scenario: Scenario | string;
  /** The agent's options, and those of `execute`. */
  readonly options?: object;
  readonly execute?: object;
  readonly kind?: 'CODE' | 'RESEARCH';
  readonly text?: string;
}

/** A scratch repository and a stub of the model service for the real Claude Code; made anew for each test of the block it is used in. */
export class ClaudeBench {
  repo!: GitRepo;
  stub!: StubAnthropic;
  run!: FakeRun;
  /** The lines it told someone who waits. */
  progress: string[] = [];
  readonly #bin: string;
  readonly #processes = new Processes(new ExecaProcessRunner());
  #runs = 0;

  /** Registers the hooks that make it, and that check what is left after each test. */
  constructor(bin: string) {
    this.#bin = bin;
    beforeAll(() => {
      if (!existsSync(bin))
        throw new Error(`There is no Claude Code at ${bin}: set CLAUDE_BIN or install it into .cache/claude.`);
    });
    beforeEach(() => {
      this.repo = gitRepo();
      this.progress = [];
    });
    afterEach(async () => {
      expect(await this.processes()).toEqual([]);
      const { repo } = this;
      expect([repo.git('status', '--porcelain'), repo.git('branch', '--show-current')]).toEqual(['', 'main']);
      await this.stub[Symbol.asyncDispose]();
      repo[Symbol.dispose]();
    });
  }

  /** Lets the real CLI work on a request. */
  async start({ scenario, options, execute: how, kind = 'CODE', text = 'add a file' }: ClaudeJob) {
    this.stub = await stubAnthropic(scenario);
    this.run = new FakeRun(`req_e2e_${process.pid}_${this.#runs++}`)
      .with(verdict, { kind, text, repository: 'app', agent: 'claude' })
      .with(prompt, text);
    const { run, repo } = this;
    const own = { variables: claudeVariables(repo.home, this.stub.url), state: repo.state };
    const agent = await makeAgent(claude({ bin: this.#bin, ...options }), own);
    const watched: Agent = {
      ...agent,
      run: (task, context) => agent.run(task, { ...context, progress: (line) => void this.progress.push(line) }),
    };
    const repositories = [{ name: 'app', path: repo.path, agent: undefined }];
    const working = runStep(execute(how), run, { ...own, repositories, agents: [watched] });
    working.catch(() => {});
    return { working, result: () => working.then(() => run.get(result)) };
  }

  /** What a request comes to. */
  async done(job: ClaudeJob) {
    return (await this.start(job)).result();
  }

  /** The processes of the request. */
  processes() {
    return this.#processes.ofRun(undefined, this.run.id);
  }

  /** The folder it works in. */
  get worktree(): string {
    return join(this.repo.state, 'worktrees', this.run.id);
  }
}
