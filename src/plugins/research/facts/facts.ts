import type { Folder } from './folder.ts';

/** How the project is checked; each a command line to run in the repository. */
export interface Commands {
  readonly test?: string;
  readonly lint?: string;
  readonly types?: string;
  readonly build?: string;
}

/** What one ecosystem's files say about a repository. */
export interface Facts {
  readonly languages: readonly string[];
  readonly packageManager?: string;
  readonly commands: Commands;
  /** Public packages with their versions: `react 19.1.0`. */
  readonly packages: readonly string[];
}

/** Reads the facts of one ecosystem; undefined where the repository does not use it. */
export type FactReader = (folder: Folder) => Promise<Facts | undefined>;

/** Whether a name is safe to repeat in a prompt or to send: manifests are foreign text. */
export const isPlainName = (name: string): boolean => /^@?[A-Za-z0-9][\w./:-]{0,100}$/.test(name);
