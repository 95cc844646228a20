import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../../../pipeline/services.ts';
import type { JobStore } from '../../../pipeline/store/job-store.ts';
import { NtfyFailure } from '../server/failure.ts';
import type { Position } from './position.ts';

const WRITE_EVERY = 1_000;
/** Seconds of the server's clock after which it is written down again that something was heard. */
const HEARD_EVERY = 60;

/** Keeps a position in the job store, written at most about once a second. */
export class CursorKeeper {
  readonly #position: Position;
  readonly #store: () => Pick<JobStore, 'recall' | 'remember'>;
  readonly #key: string;
  readonly #logger: Logger;
  #loaded = false;
  #written = '';
  #heard = 0;
  #busy: Promise<void> | undefined;
  #again = false;

  /** The store is looked up when it is first needed: whoever only sends needs none. */
  constructor(position: Position, store: () => Pick<JobStore, 'recall' | 'remember'>, key: string, logger: Logger) {
    this.#position = position;
    this.#store = store;
    this.#key = key;
    this.#logger = logger;
  }

  /** Brings back what an earlier Milton kept, once; rejects with NtfyFailure while the store is out. */
  async load(): Promise<void> {
    if (this.#loaded) return;
    const kept = await this.#recall().catch((error: Error) => {
      throw new NtfyFailure(`Milton cannot read its own store: ${error.message}`, { cause: error });
    });
    if (this.#loaded) return;
    this.#loaded = true;
    this.#position.restore(kept);
  }

  /** Something was settled or caught up: write soon. */
  changed(): void {
    this.#again = true;
    this.#busy ??= this.#pace().finally(() => {
      this.#busy = undefined;
    });
  }

  /** Something was heard: write, unless that is known well enough. */
  heard(time: number): void {
    if (Math.abs(time - this.#heard) >= HEARD_EVERY) this.changed();
  }

  /** Writes now; resolves when it is kept. */
  async flush(): Promise<void> {
    const { state } = this.#position;
    const text = JSON.stringify(state);
    if (!state || text === this.#written) return;
    try {
      await this.#store().remember(this.#key, state);
      this.#written = text;
      this.#heard = state.heard ?? 0;
    } catch (error) {
      // What is not kept is only read again, and then known as a duplicate.
      this.#logger.warn('the cursor was not saved', { error: (error as Error).message });
    }
  }

  async #recall(): Promise<unknown> {
    return await this.#store().recall(this.#key);
  }

  async #pace(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      await this.flush();
      await delay(WRITE_EVERY, undefined, { ref: false });
    }
  }
}
