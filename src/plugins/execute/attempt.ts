import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Agent, AgentReport, AgentTask, Usage } from '../../pipeline/agent.ts';
import { explain, MiltonError } from '../../pipeline/errors.ts';
import type { Host } from '../../pipeline/host.ts';
import type { Json } from '../../pipeline/json.ts';
import type { StepContext } from '../../pipeline/plugin.ts';
import { Clock, Environment, Folders, ProcessRunner, type Repository } from '../../pipeline/services.ts';
import { shortLine } from '../../pipeline/short-line.ts';
import { prompt, verdict } from '../slots.ts';
import { branchName } from './branch-name.ts';
import { stricter } from './budget.ts';
import { childEnvironment } from './child-environment.ts';
import { formatDuration } from './duration.ts';
import { countFiles } from './evidence.ts';
import type { ExecuteOptions, ExecuteRun, Result } from './execute.ts';
import { Git } from './git.ts';
import type { Ledger } from './ledger.ts';
import { RepositoryCommands } from './repository-commands.ts';
import { startOf } from './start-point.ts';
import type { Tests } from './verify.ts';
import { type Changes, type Worktree, Worktrees } from './worktree.ts';

export interface AttemptParts {
  readonly host: Host<ExecuteOptions>;
  readonly run: ExecuteRun;
  readonly agent: Agent;
  readonly repository: Repository;
  readonly ledger: Ledger;
  /** Tells the folder, branch and steps of a second agent from those of the first. */
  readonly suffix: string;
}

type Ready =
  | { readonly problem: string; readonly cause?: NonNullable<AgentReport['cause']> }
  | { readonly worktree: Worktree; readonly limits: Usage };

/** One request in the hands of one agent: a folder is made for it, it works, what it did is measured and tested, the folder goes. */
export class Attempt {
  readonly #parts: AttemptParts;
  readonly #worktrees: Worktrees;
  readonly #commands: RepositoryCommands;
  readonly #folders: Folders;
  /** What the agent has used up, should it never report. */
  #used: Usage = {};

  constructor(parts: AttemptParts) {
    const { host, run, repository } = parts;
    const git = new Git(host.get(ProcessRunner), repository.path, childEnvironment(host.get(Environment)));
    this.#parts = parts;
    this.#folders = host.get(Folders);
    this.#worktrees = new Worktrees(git, repository);
    this.#commands = new RepositoryCommands(host, run.id, repository, git);
  }

  async result(): Promise<Result> {
    const { host, run, agent, repository, suffix } = this.#parts;
    const { dryRun } = host.options;
    const ready = await run.step(`${dryRun ? 'dry-run' : 'worktree'}${suffix}`, ({ signal }) => this.#prepare(signal));
    if ('problem' in ready) {
      const { problem: reason, cause = 'other' } = ready;
      return this.#toResult({ ...NOTHING, status: 'failed', cause, reason });
    }
    if (dryRun) return this.#toResult({ ...NOTHING, text: run.get(prompt) }, { status: 'dry-run' });
    const { worktree } = ready;
    const task = this.#task(ready);
    run.notify({
      title: `🔨 [${run.id}] ${agent.label} started`,
      body: `${repository.name} · ${worktree.branch ?? 'reading only,'} from ${startOf(worktree)}`,
      kind: 'milestone',
      priority: 2,
    });
    const done = await run.step(agent.name, (context) => this.#work(task, worktree, context), {
      atMostOnce: true,
      recover: (noted) => this.#recover(task, worktree, noted),
    });
    const tests = await this.#verify(done, worktree);
    await this.#worktrees.tidy(worktree, done.changes);
    return tests ? { ...done, tests } : done;
  }

  /** Asks the agent whether it can start while its folder is made; a dry run does both, and leaves nothing behind. */
  async #prepare(signal: AbortSignal): Promise<Ready> {
    const { host, agent, ledger } = this.#parts;
    const { dryRun, limits, dailyLimits } = host.options;
    const { left, problem: spent } = await ledger.left(dailyLimits);
    if (spent !== undefined) return { problem: spent, cause: 'budget' };
    const [made, checked] = await Promise.allSettled([this.#open(), agent.check()]);
    if (made.status === 'rejected') throw made.reason;
    const worktree = made.value;
    const refused = checked.status === 'rejected' ? String(checked.reason) : checked.value[0];
    const problem = refused ?? (dryRun ? undefined : await this.#furnish(worktree, signal));
    if (problem !== undefined || dryRun) await this.#worktrees.discard(worktree);
    return problem === undefined ? { worktree, limits: stricter(limits, left) } : { problem };
  }

  async #furnish(worktree: Worktree, signal: AbortSignal): Promise<string | undefined> {
    try {
      return await this.#commands.furnish(worktree, signal);
    } catch (error) {
      // Stopped meanwhile: whoever goes on begins anew.
      await this.#worktrees.discard(worktree);
      throw error;
    }
  }

  #open(): Promise<Worktree> {
    const { run, suffix } = this.#parts;
    const { kind, text } = run.get(verdict);
    const goesOn = this.#goesOn();
    const folder = goesOn?.folder ?? join(this.#folders.state, 'worktrees', `${run.id}${suffix}`);
    if (kind === 'CODE' && goesOn?.branch !== undefined)
      return this.#worktrees.reopen(folder, goesOn.branch, goesOn.left);
    return this.#worktrees.open(folder, kind === 'CODE' ? `${branchName(run.id, text)}${suffix}` : undefined);
  }

  /** What it goes on with; a second agent knows nothing of the conversation. */
  #goesOn() {
    const { run, suffix } = this.#parts;
    return suffix === '' ? run.get(verdict).continues : undefined;
  }

  #task({ worktree, limits }: { readonly worktree: Worktree; readonly limits: Usage }): AgentTask {
    const { run, repository, suffix } = this.#parts;
    const { model, permissionMode } = repository;
    const goesOn = this.#goesOn();
    return {
      run: run.id,
      prompt: run.get(prompt),
      folder: worktree.folder,
      access: run.get(verdict).kind === 'CODE' ? 'write' : 'read',
      output: join(this.#folders.state, 'agents', `${run.id}${suffix}.out`),
      // A fallback is another program, which knows neither.
      ...(model === undefined || suffix !== '' ? {} : { model }),
      ...(permissionMode === undefined || suffix !== '' ? {} : { permissionMode }),
      ...(Object.keys(limits).length === 0 ? {} : { limits }),
      ...(goesOn === undefined ? {} : { resume: goesOn.session }),
    };
  }

  async #work(task: AgentTask, worktree: Worktree, context: StepContext): Promise<Result> {
    const { host, agent, ledger } = this.#parts;
    const clock = host.get(Clock);
    const began = clock.now();
    let report: AgentReport;
    try {
      report = await agent.run(task, {
        signal: context.signal,
        note: (value) => context.note(value),
        progress: this.#progress(clock),
        used: (usage) => {
          this.#used = usage;
        },
      });
    } catch (cause) {
      await ledger.add({ ...this.#used, ms: clock.now() - began });
      const kept = await this.#keep(worktree);
      const stopped = context.signal.aborted
        ? `stopped after ${formatDuration(clock.now() - began)}`
        : `failed: ${String(cause)}`;
      throw new MiltonError('AGENT_STOPPED', `${agent.label} ${stopped}; ${kept}`, { cause });
    }
    return this.#finish(report, task, worktree);
  }

  /** After Milton died in `#work`: a finished agent's report counts; of an unfinished one the work so far is kept. */
  async #recover(task: AgentTask, worktree: Worktree, noted: Json | undefined): Promise<Result> {
    const { agent } = this.#parts;
    const report = await agent.recover(task, noted);
    if (report) return this.#finish(report, task, worktree);
    throw new MiltonError(
      'INTERRUPTED',
      `Milton stopped while ${agent.label} was at work; ${await this.#keep(worktree)}`,
    );
  }

  async #finish(report: AgentReport, task: AgentTask, worktree: Worktree): Promise<Result> {
    const { agent, ledger } = this.#parts;
    const { turns, tokens, costUsd, durationMs: ms } = report;
    await ledger.add({ turns, tokens, costUsd, ms });
    try {
      const changes = await this.#worktrees.finish(worktree, this.#commitMessage());
      return this.#toResult(report, {
        rawOutput: task.output,
        ...(report.session === undefined ? {} : { goOn: { agent: agent.name, folder: worktree.folder } }),
        ...(changes ? { changes: jsonOf(changes) } : {}),
      });
    } catch (error) {
      const where = existsSync(worktree.folder) ? ` and is in ${worktree.folder}` : '';
      const reason = `What ${agent.label} changed could not be committed${where}. ${explain(error)}`;
      return this.#toResult({ ...report, status: 'failed', cause: 'other', reason }, { rawOutput: task.output });
    }
  }

  /** Has the repository's own tests judge work that is said to be done. */
  async #verify({ status, changes }: Result, worktree: Worktree): Promise<Tests | undefined> {
    const { run, repository, suffix } = this.#parts;
    const { test } = repository;
    if (!test || status !== 'succeeded' || !changes || changes.files.length === 0) return undefined;
    return run.step(`tests${suffix}`, async ({ signal }) => {
      try {
        return await this.#commands.judge(test, worktree, changes, signal);
      } catch (error) {
        if (!signal.aborted || isRelease(signal)) throw error;
        await this.#worktrees.tidy(worktree, changes);
        const kept = `${countFiles(changes.files)}, kept on branch ${changes.branch}`;
        throw new MiltonError('TESTS_STOPPED', `Stopped while "${test.line}" ran; ${kept}.`, { cause: error });
      }
    });
  }

  /** Saves what a stopped agent had done, and says where. */
  async #keep(worktree: Worktree): Promise<string> {
    try {
      const changes = await this.#worktrees.finish(worktree, this.#commitMessage());
      await this.#worktrees.tidy(worktree, changes);
      if (!changes || changes.files.length === 0) return 'nothing was changed.';
      return `${countFiles(changes.files)}, kept on branch ${changes.branch}.`;
    } catch (error) {
      return existsSync(worktree.folder)
        ? `what it changed is in ${worktree.folder}. ${explain(error)}`
        : `what it changed could not be kept. ${explain(error)}`;
    }
  }

  #commitMessage(): string {
    const { run } = this.#parts;
    return `${shortLine(run.get(verdict).text, 72) || 'Changes'}\n\nMilton-Request: ${run.id}\n`;
  }

  #progress(clock: Clock): (line: string) => void {
    const { host, run, agent } = this.#parts;
    const { progressEvery } = host.options;
    let last = clock.now();
    return (line) => {
      host.logger.debug(line, { run: run.id, agent: agent.name });
      if (progressEvery === 0 || clock.now() - last < progressEvery) return;
      last = clock.now();
      run.notify({ title: `⏳ [${run.id}] ${agent.label}: ${line}`, kind: 'progress', priority: 1 });
    };
  }

  #toResult(report: AgentReport, more: Partial<Result> = {}): Result {
    return { agent: this.#parts.agent.label, ...report, denials: [...report.denials], ...more };
  }
}

const NOTHING: AgentReport = { status: 'succeeded', text: '', durationMs: 0, denials: [] };

const jsonOf = (changes: Changes) => ({ ...changes, files: [...changes.files] });

/** Milton is stopped in order: the request goes on after its next start. */
const isRelease = ({ reason }: AbortSignal) => reason instanceof MiltonError && reason.code === 'RUN_RELEASED';
