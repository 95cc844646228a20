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

/** The candidate a mistyped word was probably meant to be; undefined when none is close. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** Edits between two words, where swapping two neighbouring letters is one edit. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = Array.from({ length: a.length + 1 }, (_, i) => [i]);
  for (let j = 1; j <= b.length; j++) rows[0]![j] = j;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min(rows[i - 1]![j]! + 1, rows[i]![j - 1]! + 1, rows[i - 1]![j - 1]! + change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, rows[i - 2]![j - 2]! + 1);
      rows[i]![j] = least;
    }
  }
  return rows[a.length]![b.length]!;
}
