import type { Usage } from '../../pipeline/agent.ts';
import { formatDuration } from '../execute/duration.ts';

/** What is counted, how an amount of it is written, and what a person calls it. */
const COUNTED = {
  turns: (amount: number) => `${amount.toLocaleString('en')} turns`,
  tokens: (amount: number) => `${amount.toLocaleString('en')} tokens`,
  costUsd: (amount: number) => `$${amount.toFixed(2)}`,
  ms: (amount: number) => formatDuration(amount),
} as const satisfies Record<keyof Usage, (amount: number) => string>;

const KINDS = Object.keys(COUNTED) as (keyof Usage)[];

/** More than anyone uses, and little enough to be added up without end. */
const MOST = 1e15;

/** Amounts that can be counted with, whatever a program has told: none below 0, none without end; what is no number is not known. */
export function countable(used: Usage): Usage {
  return combine(used, {}, (amount) =>
    typeof amount === 'number' && !Number.isNaN(amount) ? Math.min(Math.max(0, amount), MOST) : undefined,
  );
}

/** An amount in words: `12 turns`, `$0.42`. */
export const amountOf = (kind: keyof Usage, amount: number): string => COUNTED[kind](amount);

/** What of a run is beyond its limits, as the middle of a sentence; undefined where nothing is. */
export function overdrawn(used: Usage, limits: Usage = {}): string | undefined {
  for (const kind of KINDS) {
    const [limit, amount] = [limits[kind], used[kind]];
    if (limit === undefined || amount === undefined || amount <= limit) continue;
    return `${COUNTED[kind](amount)} are more than its limit of ${COUNTED[kind](limit)}`;
  }
  return undefined;
}

/** Both together. */
export function addUsage(a: Usage, b: Usage): Usage {
  return countable(combine(a, b, (x = 0, y = 0) => x + y));
}

/** The greater of two amounts of each kind. */
export function greater(a: Usage, b: Usage): Usage {
  return combine(a, b, (x = 0, y = 0) => Math.max(x, y));
}

/** What is left of a limit after something was used; never below 0. */
export function leftOf(limits: Usage, used: Usage): Usage {
  return combine(limits, used, (limit, amount = 0) => (limit === undefined ? undefined : Math.max(0, limit - amount)));
}

/** The stricter of two limits of each kind. */
export function stricter(a: Usage, b: Usage): Usage {
  return combine(a, b, (x, y) => (x === undefined || y === undefined ? (x ?? y) : Math.min(x, y)));
}

/** The first kind of which nothing is left. */
export function usedUp(left: Usage): keyof Usage | undefined {
  return KINDS.find((kind) => left[kind] !== undefined && left[kind] <= 0);
}

function combine(
  a: Usage,
  b: Usage,
  each: (a: number | undefined, b: number | undefined) => number | undefined,
): Usage {
  const entries = KINDS.filter((kind) => a[kind] !== undefined || b[kind] !== undefined)
    .map((kind) => [kind, each(a[kind], b[kind])] as const)
    .filter(([, amount]) => amount !== undefined);
  return Object.fromEntries(entries);
}
