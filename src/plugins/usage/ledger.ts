import { z } from 'zod';
import type { Usage } from '../../pipeline/agent.ts';
import type { Clock, Logger } from '../../pipeline/services.ts';
import type { JobStore } from '../../pipeline/store/job-store.ts';
import { serially } from '../execute/git/serially.ts';
import { addUsage, amountOf, countable, greater, leftOf, usedUp } from './amounts.ts';

/** The steps that spend: where each keeps its page, and what can be done once nothing is left. */
const STEPS = {
  execute: { key: 'agents:usage', advice: 'Send it again tomorrow, or raise dailyLimits of execute().' },
  research: { key: 'research:usage', advice: 'It can be raised: dailyLimits of research().' },
} as const;

/** How many runs it knows by name. */
const RUNS = 200;

const pageOf = (amount: z.ZodType<number | undefined>) => {
  const usage = z.object({ turns: amount, tokens: amount, costUsd: amount, ms: amount });
  return z.object({
    day: z.string(),
    used: usage,
    /** What each of the last runs has added, so that a run that is told of twice counts once. */
    runs: z.array(z.tuple([z.string(), usage])).default([]),
  });
};
const amount = z.number().nonnegative().optional();
const page = pageOf(amount);
/** What can be read of a page that cannot be read whole. */
const torn = pageOf(amount.catch(undefined)).extend({ runs: page.shape.runs.catch([]) });

interface Page {
  readonly day: string;
  readonly used: Usage;
  readonly runs: readonly (readonly [name: string, used: Usage])[];
}

/** The day of a moment by the machine's own calendar: `2026-11-23`. */
export function dayOf(ms: number): string {
  const at = new Date(ms);
  return [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((each) => String(each).padStart(2, '0')).join('-');
}

/** What all runs together have used up today in one step, by the machine's own calendar; kept in the job store. */
export class Ledger {
  readonly #step: keyof typeof STEPS;
  readonly #store: Pick<JobStore, 'recall' | 'remember'>;
  readonly #clock: Clock;
  readonly #logger: Logger;

  constructor(
    step: keyof typeof STEPS,
    store: Pick<JobStore, 'recall' | 'remember'>,
    { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
  ) {
    this.#step = step;
    this.#store = store;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** What was used up today. */
  async used(): Promise<Usage> {
    return (await this.#today()).used;
  }

  /** What may still be used today of these limits, and why nothing, where that is so. */
  async left(limits: Usage): Promise<{ readonly left: Usage; readonly problem?: string }> {
    const { used } = await this.#today();
    const left = leftOf(limits, used);
    const kind = usedUp(left);
    if (kind === undefined) return { left };
    const spent = `${amountOf(kind, used[kind] ?? 0)} of ${amountOf(kind, limits[kind] ?? 0)}`;
    return { left, problem: `Today's budget is used up: ${spent}. ${STEPS[this.#step].advice}` };
  }

  /**
   * Adds what a run has used up; of one that is named, only what is more than it had told before: a recovered run tells all of it
   * again. A store that is out costs the entry and nothing else.
   */
  async add(used: Usage, run?: string): Promise<void> {
    await serially(STEPS[this.#step].key, async () => {
      const { day, used: before, runs } = await this.#today();
      const told = runs.find(([name]) => name === run)?.[1] ?? {};
      const all = greater(told, countable(used));
      const others = runs.filter(([name]) => name !== run).map(([name, each]) => [name, { ...each }]);
      const kept = run === undefined ? others : [...others, [run, { ...all }]].slice(-RUNS);
      await this.#store.remember(STEPS[this.#step].key, {
        day,
        used: { ...addUsage(before, leftOf(all, told)) },
        runs: kept,
      });
    }).catch((error: unknown) =>
      this.#logger.warn('what a run used up was not written down', { error: String(error) }),
    );
  }

  /** What the last runs of agents have used up, by name; also what was stopped, and so has no result. */
  static async namedRuns(store: Pick<JobStore, 'recall'>): Promise<Page['runs']> {
    return torn.safeParse(await store.recall(STEPS.execute.key)).data?.runs ?? [];
  }

  async #today(): Promise<Page> {
    const day = dayOf(this.#clock.now());
    const kept = this.#read(await this.#store.recall(STEPS[this.#step].key));
    // A run that goes on after midnight has told of its beginning the day before.
    return kept?.day === day ? kept : { day, used: {}, runs: kept?.runs ?? [] };
  }

  #read(kept: unknown): Page | undefined {
    if (kept === undefined || kept === null) return undefined;
    const { data, error } = page.safeParse(kept);
    if (error === undefined) return data;
    this.#logger.warn('what was used up today cannot be read whole, and counts as far as it can', {
      error: String(error),
    });
    return torn.safeParse(kept).data;
  }
}
