import type { Folder } from './folder.ts';

/** How the project is checked; each a command line to run in the repository. */
export interface Commands {
  readonly lint?: string;
  readonly types?: string;
  readonly test?: string;
  readonly build?: string;
}

/** The sorts of commands, in the order to run them. */
export const CHECKS = ['lint', 'types', 'test', 'build'] as const satisfies readonly (keyof Commands)[];

/** A package that a manifest asks for. What may be private is none, unless everybody knows it. */
export interface Dependency {
  readonly name: string;
  readonly version?: string | undefined;
  /** It is only for building and testing. */
  readonly dev?: boolean;
}

/** One project of several in a repository. */
export interface Member {
  /** Its folder: `packages/api`. */
  readonly path: string;
  readonly language: string | undefined;
}

/** Packages that everybody knows, most telling first, with what people call them. */
export type Known = ReadonlyMap<string, string>;

/** What one ecosystem's files say about a repository. */
export interface Facts {
  readonly languages: readonly string[];
  readonly packageManager?: string | undefined;
  readonly commands: Commands;
  /** The commands are scripts that the project wrote, not what is usual in its ecosystem. */
  readonly scripted?: boolean;
  readonly dependencies?: readonly Dependency[];
  readonly known?: Known;
  readonly members?: readonly Member[];
  /** Names and scopes that are private in the whole repository. */
  readonly own?: readonly string[];
  /** Packages may come from a registry that is not everybody's. */
  readonly replaced?: boolean;
}

/** Reads the facts of one ecosystem; undefined where the repository does not use it. */
export type FactReader = (folder: Folder) => Promise<Facts | undefined>;
