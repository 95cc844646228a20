import type { Terminal } from './terminal.ts';

/** One option of a command, as `--help` shows it and `parseArgs` reads it. */
export interface OptionSpec {
  readonly type: 'boolean' | 'string';
  readonly short?: string;
  /** Stands for the value in `--help`. */
  readonly value?: string;
  /** The values it may have, for a shell to complete. */
  readonly choices?: readonly string[];
  readonly help: string;
}

/** What a command is given. */
export interface Invocation {
  readonly flags: Readonly<Record<string, string | boolean | undefined>>;
  readonly words: readonly string[];
  readonly terminal: Terminal;
}

/** Carries a command out; resolves to the exit code. */
export type Run = (invocation: Invocation) => Promise<number>;

/** One command of the command line, without its code, which is loaded when it is used. */
export interface Command {
  /** What may stand behind `milton`, one form per line. */
  readonly usage: readonly string[];
  readonly summary: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
  /** How many words may follow the command's name. */
  readonly words: number;
  readonly examples: readonly (readonly [command: string, meaning: string])[];
  load(): Promise<Run>;
}
