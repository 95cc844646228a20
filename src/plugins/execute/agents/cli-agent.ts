import { randomUUID } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import type { Agent, AgentContext, AgentReport, AgentTask, FailureCause, Usage } from '../../../pipeline/agent.ts';
import type { Clean } from '../../../pipeline/services/clean.ts';
import type { Logger, ProcessRunner } from '../../../pipeline/services.ts';
import { countable, overdrawn } from '../../usage/amounts.ts';
import { formatDuration } from '../duration.ts';
import { Processes } from '../process/processes.ts';
import { type CliEnd, type Limits, runCli, stopLeftover } from '../process/run-cli.ts';
import { type Scope, Scopes } from '../process/scope.ts';
import { Tail } from '../process/tail.ts';

/** Why a run failed: in a sentence for people, and as a word that Milton acts on. */
export interface Failure {
  readonly cause: FailureCause;
  readonly reason: string;
}

/** What a line has changed, and what of it is worth telling someone who waits. */
export interface Heard<State> {
  readonly state: State;
  readonly progress?: readonly string[];
}

/** What the output of one kind of program means. `State` is what its lines have told so far. */
export interface Dialect<State> {
  /** Before its first line; `session` is the conversation it was told to begin, where that is known. */
  begin(session: string | undefined): State;
  /** Takes one line in; a line that it does not know changes nothing. */
  read(state: State, line: string): Heard<State>;
  used(state: State): Usage;
  /** Whether by its last words it does nothing but wait (for the network, say); they are no sign of life then. */
  waiting?(state: State): boolean;
  /**
   * How it has ended by its own words. `interrupted` = it says no more than that somebody stopped it; `unsure` = it may say the same
   * where it was stopped.
   */
  ending(state: State): 'ended' | 'interrupted' | 'unsure' | undefined;
  /** Why a program that ended by itself has failed, in the order in which the facts can be trusted; undefined = it has not. */
  failure(state: State, end: CliEnd, clean: Clean): Failure | undefined;
  said(state: State, clean: Clean): Pick<AgentReport, 'text' | 'session' | 'denials'>;
}

/** How a program is called for a task; never through a shell. */
export interface Call {
  readonly bin: string;
  readonly args: readonly string[];
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** What it reads from its standard input, which is closed then. */
  readonly input: string;
  /** It may begin before it has read that. */
  readonly atOnce?: boolean;
}

/** A coding agent that is a program. */
export interface Program<State> {
  readonly name: string;
  readonly label: string;
  readonly limits: Limits;
  /** What systemd is to keep it to; nothing where false. */
  readonly scope?: Scope | false;
  /** What sets `limits.timeout`, as the person knows it: `CLAUDE_TIMEOUT`. */
  readonly timeoutSetting: string;
  /** What to tell someone on whose machine there is no such program. */
  readonly notInstalled: string;
  readonly dialect: Dialect<State>;
  check(access?: AgentTask['access']): Promise<readonly string[]>;
  /** `session` is that of the task, else a fresh id for a conversation. A failure = it cannot be called for this task, and nothing is started. */
  call(task: AgentTask, session: string): Call | Failure | Promise<Call | Failure>;
}

export interface CliAgentServices {
  readonly runner: ProcessRunner;
  readonly logger: Logger;
  /** Cleans what is cut of what the program says; all of it is cleaned by whoever is told. */
  readonly clean: Clean;
}

/** The agent that a program is: started, watched and stopped the same way, whatever it speaks. */
export function cliAgent<State>(program: Program<State>, { runner, logger, clean }: CliAgentServices): Agent {
  const { name, label, dialect, limits } = program;
  const processes = new Processes(runner);
  const scopes = new Scopes(runner);
  const usedBy = (state: State) => countable(dialect.used(state));

  async function run(task: AgentTask, context: AgentContext): Promise<AgentReport> {
    context.signal.throwIfAborted();
    const session = task.resume ?? randomUUID();
    let state = dialect.begin(session);
    let over: string | undefined;
    const onLine = (line: string) => {
      const heard = dialect.read(state, line);
      for (const each of heard.progress ?? []) context.progress(each);
      if (heard.state === state) return;
      state = heard.state;
      const used = usedBy(state);
      context.used(used);
      over ??= overdrawn(used, task.limits);
    };
    const call = await program.call(task, session);
    if ('cause' in call) return report(state, 0, call);
    const { input, atOnce = false, ...own } = call;
    const command = program.scope ? await scopes.wrap(own, program.scope) : own;
    const end = await runCli({
      ...{ task, context, command, atOnce, processes, logger, onLine },
      waiting: () => dialect.waiting?.(state) ?? false,
      input: input.replaceAll('\0', ''),
      // What has said how it ended has nothing left to be stopped, and may not have ended yet.
      overdrawn: () => over !== undefined && dialect.ending(state) === undefined,
      limits: { ...limits, timeout: timeLimit(task) },
      note: { session },
    });
    return report(state, end.durationMs, stopped(end, task, over) ?? failureOf(state, end));
  }

  /** Cleaned as a whole: a line of a private key alone looks like nothing. */
  const failureOf = (state: State, end: CliEnd) => dialect.failure(state, { ...end, stderr: clean(end.stderr) }, clean);

  /** The stricter of the agent's own limit and the run's, in ms; 0 = none. */
  function timeLimit({ limits: own = {} }: AgentTask): number {
    return limits.timeout > 0 && own.ms !== undefined ? Math.min(limits.timeout, own.ms) : (own.ms ?? limits.timeout);
  }

  /** What Milton itself has done or found counts before anything the program says. */
  function stopped({ how, stderr }: CliEnd, task: AgentTask, over: string | undefined): Failure | undefined {
    switch (how) {
      case 'exited':
        return undefined;
      case 'timeout': {
        const limit = formatDuration(timeLimit(task));
        const own = limits.timeout > 0 && timeLimit(task) === limits.timeout;
        return own
          ? { cause: 'timeout', reason: `It was stopped after ${limit} (${program.timeoutSetting}).` }
          : { cause: 'budget', reason: `It was stopped after ${limit}, its limit of time.` };
      }
      case 'idle': {
        const silence = formatDuration(limits.idle);
        return { cause: 'idle', reason: `It was stopped after ${silence} without any sign of life (idleTimeout).` };
      }
      case 'output': {
        const size = `${Math.round((limits.output ?? 0) / 1e6).toLocaleString('en')} MB`;
        return { cause: 'output', reason: `It was stopped: it wrote more than ${size} of output (outputLimit).` };
      }
      case 'budget':
        return { cause: 'budget', reason: `It was stopped: ${over}.` };
      case 'missing':
        return { cause: 'missing', reason: program.notInstalled };
      case 'folder':
        return { cause: 'other', reason: `Its working folder ${stderr} is missing.` };
      case 'refused':
        return { cause: 'other', reason: `It could not be started: ${stderr}` };
    }
  }

  function report(state: State, durationMs: number, failure: Failure | undefined): AgentReport {
    const { turns, tokens, costUsd } = usedBy(state);
    const { denials, ...said } = dialect.said(state, clean);
    return {
      status: failure ? 'failed' : 'succeeded',
      ...failure,
      ...said,
      durationMs,
      ...(turns === undefined ? {} : { turns }),
      ...(tokens === undefined ? {} : { tokens }),
      ...(costUsd === undefined ? {} : { costUsd }),
      denials: [...new Set(denials)],
    };
  }

  return {
    name,
    label,
    check: (access) => program.check(access),
    run,
    async recover(task, noted) {
      const { session: begun, stopped: asked } = (noted ?? {}) as { session?: unknown; stopped?: unknown };
      const session = typeof begun === 'string' ? begun : undefined;
      const before = await replay(dialect, session, task.output);
      await stopLeftover(processes, logger, task.run, noted, limits);
      // It may have finished just before it was stopped, now or by a Milton that was stopped in order.
      const state = dialect.ending(before) ? before : await replay(dialect, session, task.output);
      const ending = dialect.ending(state);
      const own = state === before && asked !== true;
      if (ending !== 'ended' && !(ending === 'unsure' && own)) return undefined;
      const durationMs = usedBy(state).ms ?? 0;
      const end: CliEnd = { how: 'exited', exitCode: 0, signal: undefined, stderr: '', durationMs };
      return report(state, durationMs, failureOf(state, end));
    },
  };
}

async function replay<State>(dialect: Dialect<State>, session: string | undefined, output: string): Promise<State> {
  let state = dialect.begin(session);
  if (!(await lstat(output).catch(() => undefined))?.isFile()) return state;
  await using tail = await Tail.open(output, (line) => {
    state = dialect.read(state, line).state;
  });
  await tail.drain();
  return state;
}
