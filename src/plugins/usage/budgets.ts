import { z } from 'zod';
import type { Usage } from '../../pipeline/agent.ts';
import type { Clock, Logger } from '../../pipeline/services.ts';
import type { StepOptions } from '../../pipeline/steps.ts';
import type { JobStore } from '../../pipeline/store/job-store.ts';
import { amountOf } from './amounts.ts';
import { Ledger } from './ledger.ts';
import { requestsToday } from './requests-today.ts';

/** What was used up today, and what may be. */
export interface Budget {
  readonly what: 'agents' | 'research' | 'requests';
  readonly used: Usage & { readonly requests?: number };
  readonly limits: Usage & { readonly requests?: number };
}

export interface BudgetSources {
  readonly store: Pick<JobStore, 'recall' | 'remember' | 'list'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly steps: readonly StepOptions[];
}

const amount = z.number().optional();
const daily = z.object({
  dailyLimits: z.object({ costUsd: amount, tokens: amount, turns: amount, ms: amount }).default({}),
});
const requests = z.object({ perDay: z.number() });

/** What the steps that spend have used up today, and how many requests came, with the limits that the pipeline keeps. */
export async function budgetsToday({ store, clock, logger, steps }: BudgetSources): Promise<readonly Budget[]> {
  const found: Budget[] = [];
  const optionsOf = (name: string) => steps.find(({ plugin }) => plugin === name)?.options;
  for (const [what, step] of [
    ['agents', 'execute'],
    ['research', 'research'],
  ] as const) {
    const { data } = daily.safeParse(optionsOf(step));
    if (data === undefined) continue;
    found.push({ what, used: await new Ledger(step, store, { clock, logger }).used(), limits: data.dailyLimits });
  }
  const { data } = requests.safeParse(optionsOf('limits'));
  if (data === undefined) return found;
  const count = await requestsToday(store, clock.now(), data.perDay);
  return [...found, { what: 'requests', used: { requests: count }, limits: { requests: data.perDay } }];
}

/** A budget in words, for each limit that is set, what is used up most first: `agents $0.42 of $5.00`. */
export function budgetLines({ what, used, limits }: Budget): readonly string[] {
  const kinds = Object.keys(limits) as (keyof Budget['limits'])[];
  const share = (kind: keyof Budget['limits']) => (used[kind] ?? 0) / (limits[kind] ?? 1);
  return kinds
    .filter((kind) => limits[kind] !== undefined)
    .sort((a, b) => share(b) - share(a))
    .map((kind) => {
      const written = (amount = 0) => (kind === 'requests' ? String(amount) : amountOf(kind, amount));
      return `${what} ${written(used[kind])} of ${written(limits[kind])}`;
    });
}
