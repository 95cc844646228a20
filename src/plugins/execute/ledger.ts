import { z } from 'zod';
import type { Usage } from '../../pipeline/agent.ts';
import type { Clock, Logger } from '../../pipeline/services.ts';
import type { JobStore } from '../../pipeline/store/job-store.ts';
import { addUsage, amountOf, leftOf, usedUp } from './budget.ts';
import { serially } from './serially.ts';

const KEY = 'agents:usage';

const amount = z.number().nonnegative().optional();
const page = z.object({
  day: z.string(),
  used: z.object({ turns: amount, tokens: amount, costUsd: amount, ms: amount }),
});
type Page = z.output<typeof page>;

/** What all agents together have used up today, by the machine's own calendar; kept in the job store. */
export class Ledger {
  readonly #store: Pick<JobStore, 'recall' | 'remember'>;
  readonly #clock: Clock;
  readonly #logger: Logger;

  constructor(store: Pick<JobStore, 'recall' | 'remember'>, clock: Clock, logger: Logger) {
    this.#store = store;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** What may still be used today of these limits, and why nothing, where that is so. */
  async left(limits: Usage): Promise<{ readonly left: Usage; readonly problem?: string }> {
    const { used } = await this.#today();
    const left = leftOf(limits, used);
    const kind = usedUp(left);
    if (kind === undefined) return { left };
    const spent = `${amountOf(kind, used[kind] ?? 0)} of ${amountOf(kind, limits[kind] ?? 0)}`;
    const problem = `Today's budget is used up: ${spent}. Send it again tomorrow, or raise dailyLimits of execute().`;
    return { left, problem };
  }

  /** Adds what a run has used up. A store that is out costs the entry and nothing else. */
  async add(used: Usage): Promise<void> {
    await serially(KEY, async () => {
      const today = await this.#today();
      await this.#store.remember(KEY, { day: today.day, used: { ...addUsage(today.used, used) } });
    }).catch((error: unknown) =>
      this.#logger.warn('what a run used up was not written down', { error: String(error) }),
    );
  }

  async #today(): Promise<Page> {
    const now = new Date(this.#clock.now());
    const day = [now.getFullYear(), now.getMonth() + 1, now.getDate()]
      .map((each) => String(each).padStart(2, '0'))
      .join('-');
    const kept = page.safeParse(await this.#store.recall(KEY)).data;
    return kept?.day === day ? kept : { day, used: {} };
  }
}
