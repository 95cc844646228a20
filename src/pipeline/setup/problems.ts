import { MiltonError } from '../errors.ts';

/** One thing that keeps Milton from starting. */
export interface Problem {
  /** Step and field, or variable, or file: `research().timeout`, `TARGET_REPO`, `milton.config.ts`. */
  readonly where: string;
  readonly what: string;
  /** What to do about it. */
  readonly repair: string;
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
  const hint = error instanceof MiltonError ? error.hint : undefined;
  const what = error instanceof Error ? error.message : String(error);
  return { where, what, repair: hint ?? 'Run with -v to see where it comes from' };
}

/** The same for an error that may stand for several. */
export const problemsOf = (where: string, error: unknown): readonly Problem[] =>
  error instanceof ConfigProblems ? error.problems : [problemOf(where, error)];
