import type { Json } from './json.ts';
import { token } from './token.ts';

/** Time, so that tests can hold it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}
export const Clock = token<Clock>('Clock');

/** Structured log; `meta` becomes JSON fields. Every known secret is redacted in every sink. */
export interface Logger {
  debug(message: string, meta?: object): void;
  info(message: string, meta?: object): void;
  warn(message: string, meta?: object): void;
  error(message: string, meta?: object): void;
  /** A logger whose every line carries these fields. */
  child(fields: object): Logger;
}
export const Logger = token<Logger>('Logger');

/** The value of one environment variable, parsed, and where it came from. */
export interface Setting {
  readonly value: unknown;
  readonly origin: 'command line' | 'environment' | '.env' | 'default';
  readonly secret: boolean;
}

/** The environment variables as `config/env.ts` understood them. */
export interface Environment {
  /** Undefined for a name nobody declared and nobody set; a set but undeclared variable is its text. */
  get(name: string): Setting | undefined;
  /** The files it was read from, which may hold secrets. */
  readonly files?: readonly string[];
}
export const Environment = token<Environment>('Environment');

/** Node's `fetch`, replaceable in tests. */
export type Fetch = typeof globalThis.fetch;
export const Fetch = token<Fetch>('Fetch');

/** A repository that requests may name. */
export interface Repository {
  readonly name: string;
  /** Absolute path of its checkout. */
  readonly path: string;
  /** The agent used here unless the request names one. */
  readonly agent: string | undefined;
  /** What the agent uses here instead of its own options, in its own words. */
  readonly model?: string;
  readonly permissionMode?: string;
  /** Files that git ignores, relative to the checkout, which the agent's own copy gets as well. */
  readonly copy?: readonly string[];
  /** Makes a fresh copy usable (`npm ci`). */
  readonly prepare?: RepositoryCommand;
  /** Tells whether the work is good (`npm test`); exit code 0 = it is. */
  readonly test?: RepositoryCommand;
  /** `in-place`: the agent works in the checkout itself; a copy of its own unless set. */
  readonly isolation?: 'worktree' | 'in-place';
  /** Unless it is false, what an agent in a sandbox has written is run in one as well: `test`, and `prepare` of its folder. */
  readonly confine?: boolean;
}

/** A command that belongs to a repository: as the person wrote it, and as it is started. */
export interface RepositoryCommand {
  readonly line: string;
  readonly argv: readonly [string, ...string[]];
}
/** The configured repositories; the first is the default. */
export const Repositories = token<readonly Repository[]>('Repositories');

/** Absolute paths Milton may write to; each exists with mode 0700. */
export interface Folders {
  readonly state: string;
  readonly output: string;
  readonly logs: string;
  /** The file of the database, where it is known; the usual one in `state` otherwise. */
  readonly databaseFile?: string;
}
export const Folders = token<Folders>('Folders');

export interface ProcessResult {
  /** Undefined when it did not run to its own end. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** Why there is no exit code; `missing` = no such command, `folder` = no such working folder. */
  readonly failure: 'missing' | 'folder' | 'timeout' | 'aborted' | 'signal' | undefined;
}

export interface ProcessOptions {
  readonly cwd?: string;
  /** The whole environment of the child; Milton's own is never inherited. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Milliseconds; 30 s when absent. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

/** Runs short commands (git, version probes) to their end, without a shell. */
export interface ProcessRunner {
  /** Never rejects for what the command does; output over 16 MiB is cut. */
  run(command: string, args: readonly string[], options?: ProcessOptions): Promise<ProcessResult>;
}
export const ProcessRunner = token<ProcessRunner>('ProcessRunner');

/** Ends what an earlier Milton, which was killed, has left running of a request. */
export interface Leftovers {
  /** `notes`: what its at-most-once steps that had begun have noted. Resolves when nothing is left, or nothing more can be done. */
  end(run: string, notes: readonly Json[]): Promise<void>;
}
export const Leftovers = token<Leftovers>('Leftovers');
