import type { Json } from './json.ts';
import { token } from './token.ts';

/** One piece of work for a coding agent. Everything in it is JSON, so that a restarted Milton can rebuild it. */
export interface AgentTask {
  /** The request's id; also the tag by which every process of the run is found again. */
  readonly run: string;
  readonly prompt: string;
  /** Absolute path of the folder the agent works in. */
  readonly folder: string;
  /** `read`: the agent answers a question and must not change a file. */
  readonly access: 'write' | 'read';
  /** Absolute path of the file that receives the agent's raw output. */
  readonly output: string;
  /** Absolute path of a folder of the run's own for what is temporary; it goes with the run. */
  readonly temporary?: string;
  /** The model the repository asks for; the agent's own option where absent. */
  readonly model?: string;
  /** What the repository lets it do without asking, in the agent's own words; its own option where absent. */
  readonly permissionMode?: string;
  /** What it may use up: it is stopped where it goes beyond. */
  readonly limits?: Usage;
  /** The conversation to go on with, by the agent's own name for it; it was held in the same folder. */
  readonly resume?: string;
}

/**
 * What a run has used up, or may use up. Turns are answers of the model; tokens are those it read and wrote, counted anew with each
 * turn; cost in US dollars. What is absent is not known, or not limited.
 */
export interface Usage {
  readonly turns?: number | undefined;
  readonly tokens?: number | undefined;
  readonly costUsd?: number | undefined;
  readonly ms?: number | undefined;
}

export interface AgentContext {
  /** Aborted on cancel, shutdown and timeout: stop everything the run has started, then reject with its reason. */
  readonly signal: AbortSignal;
  /** Saves what `recover` needs; resolves once it is durable. Awaited before the agent begins. */
  note(value: Json): Promise<void>;
  /** A line worth telling someone who waits ("rate limited, attempt 3 of 10"). */
  progress(line: string): void;
  /** What it has used up so far, for a run that is stopped and so never reports; may be called often. */
  used(usage: Usage): void;
}

/**
 * Why a run failed, as far as somebody can act on it: `limit` = the account may use no more for now, `login`, `missing` = no such
 * program, `timeout` and `idle` = stopped by Milton for its time or its silence, `output` = for writing too much, `budget` = for using
 * too much, `model` = the model's service failed or refused, `crash` = it ended without a result.
 */
export type FailureCause =
  | 'limit'
  | 'login'
  | 'missing'
  | 'timeout'
  | 'idle'
  | 'output'
  | 'budget'
  | 'model'
  | 'crash'
  | 'other';

/** How an agent's run ended, as the adapter determined it; never what the agent claims. Durations in ms, cost in US dollars. */
export interface AgentReport {
  readonly status: 'succeeded' | 'failed';
  /** Why it failed, in one sentence with what to do; absent on success. */
  readonly reason?: string;
  /** The same as one word; absent on success. */
  readonly cause?: FailureCause;
  /** What the agent says it did: its last answer. */
  readonly text: string;
  readonly durationMs: number;
  readonly turns?: number;
  readonly tokens?: number;
  readonly costUsd?: number;
  /** The agent's own name for the conversation, for continuing it. */
  readonly session?: string;
  /** Tools it asked for and was refused, one line each. */
  readonly denials: readonly string[];
}

/** The port that every coding agent is driven through. */
export interface Agent {
  /** What people say and configure: `claude`. */
  readonly name: string;
  /** What notices show: `Claude Code`. */
  readonly label: string;
  /** Whether a sandbox keeps what it runs from the rest of the machine; unknown where absent. */
  readonly confined?: boolean;
  /** What the person hides from it beside what usually holds keys: absolute paths, or by the home folder with `~`. */
  readonly hidden?: readonly string[];
  /** What it may do and use up, in a few words: `sandboxed, at most $5.00`. */
  readonly terms?: string;
  /** Whether it starts what a repository tells agents to start (hooks, MCP servers), and heeds what it lets them do; so unless it is false. */
  readonly heedsRepository?: boolean;
  /**
   * What would keep it from starting now (missing binary, too old, not logged in), one clear sentence each. `access`: with a task of
   * this kind; with any of them where absent.
   */
  check(access?: AgentTask['access']): Promise<readonly string[]>;
  /** Runs one task to its end. Rejects only when the signal aborts, after everything the run started is gone. */
  run(task: AgentTask, context: AgentContext): Promise<AgentReport>;
  /**
   * After Milton died during `run`: ends what still lives of it, then reports from the saved output if the agent had finished;
   * undefined when it had not.
   */
  recover(task: AgentTask, noted: Json | undefined): Promise<AgentReport | undefined>;
}

/** The configured agents; the first is the default. */
export const Agents = token<readonly Agent[]>('Agents');
