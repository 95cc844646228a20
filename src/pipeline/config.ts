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
}
