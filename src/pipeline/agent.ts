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
}

export interface AgentContext {
  /** Aborted on cancel, shutdown and timeout: stop everything the run has started, then reject with its reason. */
  readonly signal: AbortSignal;
  /** Saves what `recover` needs; resolves once it is durable. Awaited before the agent begins. */
  note(value: Json): Promise<void>;
  /** A line worth telling someone who waits ("rate limited, attempt 3 of 10"). */
  progress(line: string): void;
}

/** How an agent's run ended, as the adapter determined it; never what the agent claims. Durations in ms, cost in US dollars. */
export interface AgentReport {
  readonly status: 'succeeded' | 'failed';
  /** Why it failed, in one sentence with what to do; absent on success. */
  readonly reason?: string;
  /** What the agent says it did: its last answer. */
  readonly text: string;
  readonly durationMs: number;
  readonly turns?: number;
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
  /** What would keep it from starting now (missing binary, too old, not logged in), one clear sentence each. */
  check(): Promise<readonly string[]>;
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
