import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../../pipeline/services.ts';
import type { JobStore } from '../../../pipeline/store/job-store.ts';
import type { Allowance } from './allowance.ts';
import { dayStates } from './day-count.ts';

const WRITE_EVERY = 5_000;

/** Keeps in the job store how much of the day is used up, written every few seconds at most, so that a restart does not forget it. */
export class KeptBudget {
  readonly #allowance: Allowance;
  readonly #store: () => Pick<JobStore, 'recall' | 'remember'>;
  readonly #key: string;
  readonly #logger: Logger;
  #loading: Promise<void> | undefined;
  #loaded = false;
  #written = '';
  #writing = false;

  constructor(allowance: Allowance, store: () => Pick<JobStore, 'recall' | 'remember'>, key: string, logger: Logger) {
    this.#allowance = allowance;
    this.#store = store;
    this.#key = key;
    this.#logger = logger;
  }

  /** Brings back what an earlier Milton sent today, once; a store that is out or absent keeps nobody from sending. */
  load(): Promise<void> {
    this.#loading ??= this.#recall().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  /** A message went out: write soon. */
  changed(): void {
    if (this.#writing) return;
    this.#writing = true;
    void delay(WRITE_EVERY, undefined, { ref: false }).then(async () => {
      this.#writing = false;
      await this.flush();
    });
  }

  /** Writes now; resolves when it is kept. */
  async flush(): Promise<void> {
    const { state } = this.#allowance;
    const text = JSON.stringify(state);
    // What was not read yet must not be overwritten.
    if (!this.#loaded || state.length === 0 || text === this.#written) return;
    try {
      await this.#store().remember(this.#key, [...state]);
      this.#written = text;
    } catch (error) {
      this.#logger.debug('the count of messages was not saved', { error: (error as Error).message });
    }
  }

  async #recall(): Promise<void> {
    if (this.#loaded) return;
    try {
      const kept = dayStates.safeParse(await this.#store().recall(this.#key));
      if (kept.success) this.#allowance.restore(kept.data);
      this.#loaded = true;
    } catch (error) {
      this.#logger.debug('the count of messages was not read', { error: (error as Error).message });
    }
  }
}
