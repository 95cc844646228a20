import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Agent, type AgentReport, Agents, type AgentTask } from '../../pipeline/agent.ts';
import { explain, MiltonError } from '../../pipeline/errors.ts';
import type { Host } from '../../pipeline/host.ts';
import type { Json } from '../../pipeline/json.ts';
import { fromEnv } from '../../pipeline/options.ts';
import { definePlugin, type Run, type StepContext } from '../../pipeline/plugin.ts';
import { Clock, Environment, Folders, ProcessRunner, Repositories, type Repository } from '../../pipeline/services.ts';
import { shortLine } from '../../pipeline/short-line.ts';
import type { SlotValue } from '../../pipeline/slot.ts';
import { prompt, result, verdict } from '../slots.ts';
import { childEnvironment } from './child-environment.ts';
import { formatDuration } from './duration.ts';
import { countFiles } from './evidence.ts';
import { Git } from './git.ts';
import { branchName, type Changes, startOf, type Worktree, Worktrees } from './worktree.ts';

type Result = SlotValue<typeof result>;
type ExecuteRun = Run<readonly [typeof verdict, typeof prompt], readonly [], readonly [typeof result]>;

const options = z.strictObject({
  dryRun: fromEnv('DRY_RUN', z.boolean()),
  /** Milliseconds of work before the person hears what the agent does, and between two such notices; 0 = never. */
  progressEvery: z.number().min(0).default(300_000),
});

/**
 * Lets the chosen agent work on a branch of its own, and measures what it did. The person's checkout never changes.
 */
export const execute = definePlugin({
  name: 'execute',
  where: 'work',
  options,
  requires: [verdict, prompt],
  provides: [result],
  setup: (host) =>
    async function execute(run, next) {
      run.set(result, await new Execution(host, run).result());
      await next();
    },
});

/** One request in the hands of one agent. */
class Execution {
  readonly #host: Host<z.output<typeof options>>;
  readonly #run: ExecuteRun;
  readonly #wanted: SlotValue<typeof verdict>;
  readonly #agent: Agent;
  readonly #repository: Repository;
  readonly #worktrees: Worktrees;

  constructor(host: Host<z.output<typeof options>>, run: ExecuteRun) {
    this.#host = host;
    this.#run = run;
    this.#wanted = run.get(verdict);
    this.#agent = byName('agent', host.get(Agents), this.#wanted.agent);
    this.#repository = byName('repository', host.get(Repositories), this.#wanted.repository);
    const git = new Git(host.get(ProcessRunner), this.#repository.path, childEnvironment(host.get(Environment)));
    this.#worktrees = new Worktrees(git, this.#repository);
  }

  async result(): Promise<Result> {
    const { dryRun } = this.#host.options;
    const ready = await this.#run.step(dryRun ? 'dry-run' : 'worktree', () => this.#prepare(dryRun));
    if ('problem' in ready) return this.#toResult({ ...NOTHING, status: 'failed', reason: ready.problem });
    if (dryRun) return this.#toResult({ ...NOTHING, text: this.#run.get(prompt) }, { status: 'dry-run' });
    const task = this.#task(ready.worktree);
    this.#run.notify({
      title: `🔨 [${this.#run.id}] ${this.#agent.label} started`,
      body: `${this.#repository.name} · ${ready.worktree.branch ?? 'reading only,'} from ${startOf(ready.worktree)}`,
      kind: 'milestone',
      priority: 2,
    });
    return this.#run.step(this.#agent.name, (context) => this.#work(task, ready.worktree, context), {
      atMostOnce: true,
      recover: (noted) => this.#recover(task, ready.worktree, noted),
    });
  }

  /** Asks the agent whether it can start while its folder is made; a dry run does both, and leaves nothing behind. */
  async #prepare(dryRun: boolean): Promise<{ readonly problem: string } | { readonly worktree: Worktree }> {
    const folder = join(this.#host.get(Folders).state, 'worktrees', this.#run.id);
    const branch = this.#wanted.kind === 'CODE' ? branchName(this.#run.id, this.#wanted.text) : undefined;
    const [made, checked] = await Promise.allSettled([this.#worktrees.open(folder, branch), this.#agent.check()]);
    if (made.status === 'rejected') throw made.reason;
    const worktree = made.value;
    const problem = checked.status === 'rejected' ? String(checked.reason) : checked.value[0];
    if (problem !== undefined || dryRun) await this.#worktrees.discard(worktree);
    return problem === undefined ? { worktree } : { problem };
  }

  #task({ folder }: Worktree): AgentTask {
    const { id } = this.#run;
    const access = this.#wanted.kind === 'CODE' ? 'write' : 'read';
    return {
      run: id,
      prompt: this.#run.get(prompt),
      folder,
      access,
      output: join(this.#host.get(Folders).state, 'agents', `${id}.out`),
    };
  }

  async #work(task: AgentTask, worktree: Worktree, context: StepContext): Promise<Result> {
    const clock = this.#host.get(Clock);
    const began = clock.now();
    let report: AgentReport;
    try {
      report = await this.#agent.run(task, {
        signal: context.signal,
        note: (value) => context.note(value),
        progress: this.#progress(clock),
        used: () => {},
      });
    } catch (cause) {
      const kept = await this.#keep(worktree);
      const stopped = context.signal.aborted
        ? `stopped after ${formatDuration(clock.now() - began)}`
        : `failed: ${String(cause)}`;
      throw new MiltonError('AGENT_STOPPED', `${this.#agent.label} ${stopped}; ${kept}`, { cause });
    }
    return this.#finish(report, task, worktree);
  }

  /** After Milton died in `#work`: a finished agent's report counts; of an unfinished one the work so far is kept. */
  async #recover(task: AgentTask, worktree: Worktree, noted: Json | undefined): Promise<Result> {
    const report = await this.#agent.recover(task, noted);
    if (report) return this.#finish(report, task, worktree);
    throw new MiltonError(
      'INTERRUPTED',
      `Milton stopped while ${this.#agent.label} was at work; ${await this.#keep(worktree)}`,
    );
  }

  async #finish(report: AgentReport, task: AgentTask, worktree: Worktree): Promise<Result> {
    try {
      const changes = await this.#worktrees.finish(worktree, this.#commitMessage());
      return this.#toResult(report, { rawOutput: task.output, ...(changes ? { changes: jsonOf(changes) } : {}) });
    } catch (error) {
      const where = existsSync(worktree.folder) ? ` and is in ${worktree.folder}` : '';
      const reason = `What ${this.#agent.label} changed could not be committed${where}. ${explain(error)}`;
      return this.#toResult({ ...report, status: 'failed', reason }, { rawOutput: task.output });
    }
  }

  /** Saves what a stopped agent had done, and says where. */
  async #keep(worktree: Worktree): Promise<string> {
    try {
      const changes = await this.#worktrees.finish(worktree, this.#commitMessage());
      if (!changes || changes.files.length === 0) return 'nothing was changed.';
      return `${countFiles(changes.files)}, kept on branch ${changes.branch}.`;
    } catch (error) {
      return existsSync(worktree.folder)
        ? `what it changed is in ${worktree.folder}. ${explain(error)}`
        : `what it changed could not be kept. ${explain(error)}`;
    }
  }

  #commitMessage(): string {
    return `${shortLine(this.#wanted.text, 72) || 'Changes'}\n\nMilton-Request: ${this.#run.id}\n`;
  }

  #progress(clock: Clock): (line: string) => void {
    const { progressEvery } = this.#host.options;
    let last = clock.now();
    return (line) => {
      this.#host.logger.debug(line, { run: this.#run.id, agent: this.#agent.name });
      if (progressEvery === 0 || clock.now() - last < progressEvery) return;
      last = clock.now();
      this.#run.notify({ title: `⏳ [${this.#run.id}] ${this.#agent.label}: ${line}`, kind: 'progress', priority: 1 });
    };
  }

  #toResult(report: AgentReport, more: Partial<Result> = {}): Result {
    return { agent: this.#agent.label, ...report, denials: [...report.denials], ...more };
  }
}

const NOTHING: AgentReport = { status: 'succeeded', text: '', durationMs: 0, denials: [] };

const jsonOf = (changes: Changes) => ({ ...changes, files: [...changes.files] });

function byName<T extends { readonly name: string }>(kind: string, all: readonly T[], name: string): T {
  const found = all.find((each) => each.name === name);
  if (found) return found;
  throw new MiltonError('NOT_CONFIGURED', `There is no ${kind} "${name}" any more.`, {
    hint: `Configured are: ${all.map((each) => each.name).join(', ')}.`,
  });
}
