import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentReport, AgentTask, Usage } from '../../pipeline/agent.ts';
import { explain, MiltonError } from '../../pipeline/errors.ts';
import type { Json } from '../../pipeline/json.ts';
import type { StepContext } from '../../pipeline/plugin.ts';
import { type Clean, cleaner } from '../../pipeline/services/clean.ts';
import { Redact } from '../../pipeline/services/redact.ts';
import { Clock, Environment, Folders, ProcessRunner } from '../../pipeline/services.ts';
import { shortLine } from '../../pipeline/short-line.ts';
import { JobStore } from '../../pipeline/store/job-store.ts';
import { prompt, verdict } from '../slots.ts';
import { formatDuration } from './duration.ts';
import type { Result } from './execute.ts';
import { countFiles } from './git/evidence.ts';
import { Git } from './git/git.ts';
import { startOf } from './git/start-point.ts';
import { type Changes, type Worktree, Worktrees } from './git/worktree.ts';
import { heard } from './heard.ts';
import { type AttemptParts, goesOnWith, prepareAttempt } from './preparation.ts';
import { childEnvironment } from './process/child-environment.ts';
import { Temporary, temporaryOf } from './process/temporary.ts';
import { approve, questionAbout, unapproved } from './repository/agent-configuration.ts';
import { RepositoryCommands } from './repository/repository-commands.ts';
import type { Tests } from './repository/verify.ts';
import { tellProgress } from './tell-progress.ts';

/** One request in the hands of one agent: a folder is made for it, it works, what it did is measured and tested, the folder goes. */
export class Attempt {
  readonly #parts: AttemptParts;
  readonly #worktrees: Worktrees;
  readonly #commands: RepositoryCommands;
  readonly #folders: Folders;
  readonly #clean: Clean;
  /** What the agent has used up, should it never report. */
  #used: Usage = {};

  constructor(parts: AttemptParts) {
    const { host, run, repository, agent } = parts;
    const git = new Git(host.get(ProcessRunner), repository.path, childEnvironment(host.get(Environment)));
    this.#parts = parts;
    this.#folders = host.get(Folders);
    this.#clean = cleaner(host.get(Redact));
    this.#worktrees = new Worktrees(git, repository);
    this.#commands = new RepositoryCommands(host, run.id, repository, git, agent);
  }

  async result(): Promise<Result> {
    const { run, agent, repository, suffix } = this.#parts;
    await using _temporary = await Temporary.make(this.#folders.state, run.id);
    // Whether it is a dry run is a part of the result: what began for real must not go on as one.
    const ready = await run.step(`worktree${suffix}`, ({ signal }) =>
      prepareAttempt(this.#parts, { worktrees: this.#worktrees, commands: this.#commands, signal }),
    );
    if ('problem' in ready) {
      const { problem: reason, cause = 'other' } = ready;
      return this.#toResult({ ...NOTHING, status: 'failed', cause, reason });
    }
    if ('dryRun' in ready) return this.#toResult({ ...NOTHING, text: run.get(prompt) }, { status: 'dry-run' });
    const { worktree } = ready;
    const refused = await this.#refusal(worktree);
    if (refused !== undefined) return this.#toResult({ ...NOTHING, status: 'failed', cause: 'other', reason: refused });
    const task = this.#task(ready);
    run.notify({
      title: `🔨 [${run.id}] ${agent.label} started`,
      body: `${repository.name} · ${worktree.branch ?? 'reading only,'} from ${startOf(worktree)}`,
      kind: 'milestone',
      priority: 2,
    });
    const done = await this.#begin(task, worktree);
    const tests = await this.#verify(done, worktree);
    await this.#worktrees.tidy(worktree, done.changes, done.status === 'succeeded');
    return tests ? { ...done, tests } : done;
  }

  /** Has somebody at this machine agree to what the repository would have agents start; why it is not done, where they do not. */
  async #refusal({ folder, ...rest }: Worktree): Promise<string | undefined> {
    const { host, run, agent, repository, suffix } = this.#parts;
    if (agent.heedsRepository === false) return undefined;
    const store = host.get(JobStore);
    const name = `agent-configuration${suffix}`;
    const found = await run.step(name, async () => (await unapproved(folder, repository.name, store)) ?? null);
    if (found === null) return undefined;
    const { choice } = await run.ask(name, questionAbout(repository.name, found.changed));
    if (choice === 'Approve') {
      await run.step(`${name}-approved`, () => approve(found, repository.name, store).then(() => null));
      return undefined;
    }
    await this.#worktrees.discard({ folder, ...rest });
    return `The agent configuration of ${repository.name} has changed (${found.changed.join(', ')}), and nobody at the machine has approved it.`;
  }

  #task({ worktree, limits }: { readonly worktree: Worktree; readonly limits: Usage }): AgentTask {
    const { run, repository, isUsual, suffix } = this.#parts;
    const { model, permissionMode } = repository;
    const goesOn = goesOnWith(this.#parts);
    return {
      run: run.id,
      prompt: run.get(prompt),
      folder: worktree.folder,
      access: run.get(verdict).kind === 'CODE' ? 'write' : 'read',
      output: join(this.#folders.state, 'agents', `${run.id}${suffix}.out`),
      temporary: temporaryOf(this.#folders.state, run.id),
      // Another agent is another program, which knows neither.
      ...(model === undefined || !isUsual ? {} : { model }),
      ...(permissionMode === undefined || !isUsual ? {} : { permissionMode }),
      ...(Object.keys(limits).length === 0 ? {} : { limits }),
      ...(goesOn === undefined ? {} : { resume: goesOn.session }),
    };
  }

  /** Names this attempt in the ledger, where a recovered one must not count twice. */
  get #name(): string {
    return `${this.#parts.run.id}${this.#parts.suffix}`;
  }

  async #begin(task: AgentTask, worktree: Worktree): Promise<Result> {
    const { run, agent } = this.#parts;
    let begun = false;
    const beginning = <T>(work: () => Promise<T>) => {
      begun = true;
      return work();
    };
    try {
      return await run.step(agent.name, (context) => beginning(() => this.#work(task, worktree, context)), {
        atMostOnce: true,
        recover: (noted) => beginning(() => this.#recover(task, worktree, noted)),
      });
    } catch (error) {
      // Cancelled before it could begin.
      if (!begun && run.signal.aborted && !isRelease(run.signal)) await this.#keep(worktree);
      throw error;
    }
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
        progress: tellProgress(this.#parts, this.#clean),
        used: (usage) => {
          this.#used = usage;
        },
      });
    } catch (cause) {
      await ledger.add({ ...this.#used, ms: clock.now() - began }, this.#name);
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
    await ledger.add({ turns, tokens, costUsd, ms }, this.#name);
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
        await this.#worktrees.tidy(worktree, changes, false);
        const kept = `${countFiles(changes.files)}, kept on branch ${changes.branch}`;
        throw new MiltonError('TESTS_STOPPED', `Stopped while "${test.line}" ran; ${kept}.`, { cause: error });
      }
    });
  }

  /** Saves what a stopped agent had done, and says where. */
  async #keep(worktree: Worktree): Promise<string> {
    try {
      const changes = await this.#worktrees.finish(worktree, this.#commitMessage());
      await this.#worktrees.tidy(worktree, changes, false);
      return keptIn(changes);
    } catch (error) {
      return existsSync(worktree.folder)
        ? `what it changed is in ${worktree.folder}. ${explain(error)}`
        : `what it changed could not be kept. ${explain(error)}`;
    }
  }

  #commitMessage(): string {
    const { run } = this.#parts;
    return `${shortLine(this.#clean(run.get(verdict).text), 72) || 'Changes'}\n\nMilton-Request: ${run.id}\n`;
  }

  #toResult(report: AgentReport, more: Partial<Result> = {}): Result {
    const { denials, ...said } = heard(report, this.#clean);
    return { agent: this.#parts.agent.label, ...said, denials: [...denials], ...more };
  }
}

function keptIn(changes: Changes | undefined): string {
  if (changes?.left) return `what it changed is in ${changes.left.folder}, since ${changes.left.why}.`;
  if (!changes || changes.files.length === 0) return 'nothing was changed.';
  return `${countFiles(changes.files)}, kept on branch ${changes.branch}.`;
}

const NOTHING: AgentReport = { status: 'succeeded', text: '', durationMs: 0, denials: [] };

const jsonOf = (changes: Changes) => ({ ...changes, files: [...changes.files] });

/** Milton is stopped in order: the request goes on after its next start. */
export const isRelease = ({ reason }: AbortSignal) => reason instanceof MiltonError && reason.code === 'RUN_RELEASED';
