import { MiltonError } from '../errors.ts';

/** One thing that keeps Milton from starting. */
export interface Problem {
  /** Step and field, or variable, or file: `research().timeout`, `TARGET_REPO`, `milton.config.ts`. */
  readonly where: string;
  readonly what: string;
  /** What to do about it. */
  readonly repair: string;
  /** Of the error that it stands for. */
  readonly code?: string;
  /** The mode of a file or folder that mends it. */
  readonly mode?: Mode;
}

/** A file or folder, and the mode it should have. */
export interface Mode {
  readonly path: string;
  readonly mode: number;
}

/** Every problem of a configuration at once, numbered. */
export class ConfigProblems extends MiltonError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    const lines = problems.map((p, i) => `${i + 1}. ${p.where}: ${sentence(p.what)} ${sentence(p.repair)}`);
    super('CONFIG', lines.join('\n'));
    this.problems = problems;
  }
}

const sentence = (text: string) => (/[.!?]$/.test(text) ? text : `${text}.`);

/** The problem that an error thrown while setting something up stands for. */
export function problemOf(where: string, error: unknown): Problem {
  const { hint, code } = error instanceof MiltonError ? error : {};
  const what = error instanceof Error ? error.message : String(error);
  const repair = hint ?? 'Run with -v to see where it comes from';
  return { where, what, repair, ...(code === undefined ? {} : { code }) };
}

/** The same for an error that may stand for several. */
export const problemsOf = (where: string, error: unknown): readonly Problem[] =>
  error instanceof ConfigProblems ? error.problems : [problemOf(where, error)];
