import type { Agent } from './agent.ts';
import type { Part } from './part.ts';
import type { PipelineEntry } from './plugin.ts';
import type { JobStore } from './store/job-store.ts';
import type { Binding } from './token.ts';
import type { Transport } from './transport.ts';

/** What `milton.config.ts` exports. */
export interface MiltonConfig {
  /** The repositories that requests may name; the first is the default. */
  readonly repositories: Readonly<Record<string, RepositoryConfig>>;
  readonly transports: readonly Part<Transport>[];
  readonly store: Part<JobStore>;
  /** The coding agents; the first is the default. */
  readonly agents: readonly Part<Agent>[];
  readonly pipeline: readonly PipelineEntry[];
  /** Replaces built-in services, or adds some for your own plugins. */
  readonly services?: readonly Binding[];
  /** How many runs may work at once; 4 when absent. */
  readonly concurrency?: number;
}

export interface RepositoryConfig {
  /** The folder of its checkout. */
  readonly path: string;
  /** The agent used here unless a request names one. */
  readonly agent?: string;
  /** The model that agents use here, in their own words; their own option unless set. */
  readonly model?: string;
  /** What agents may do here without asking, in their own words (`acceptEdits`, `workspace-write`); their own option unless set. */
  readonly permissionMode?: string;
  /** Files that git ignores and that the work needs: `['.env.test']`. Each run's own copy of the repository gets them. */
  readonly copy?: readonly string[];
  /** Run in each fresh copy before the agent begins: `npm ci`. A list of words is started as it is, a line by `sh`. */
  readonly prepare?: string | readonly string[];
  /** Run by Milton after the agent: `npm test`. */
  readonly test?: string | readonly string[];
  /** `in-place`: the agent works in the checkout itself, on a new branch there; refused where that has uncommitted changes. */
  readonly isolation?: 'worktree' | 'in-place';
  /**
   * `false`: `test`, and `prepare` where an agent has worked already, run outside of the sandbox, with your files and the network,
   * also after an agent that works in one.
   */
  readonly confine?: boolean;
}
