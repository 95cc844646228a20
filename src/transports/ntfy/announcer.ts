import type { Logger } from '../../pipeline/services.ts';
import type { JobStore, KeyedNotice } from '../../pipeline/store/job-store.ts';

/** Queues what the transport itself has to tell the person; what the store does not take is tried again with `retry`. */
export class Announcer {
  readonly #store: () => Pick<JobStore, 'announce'>;
  readonly #transport: string;
  readonly #logger: Logger;
  readonly #waiting = new Map<string, KeyedNotice>();

  /** The store is looked up when it is first needed. */
  constructor(store: () => Pick<JobStore, 'announce'>, transport: string, logger: Logger) {
    this.#store = store;
    this.#transport = transport;
    this.#logger = logger;
  }

  say(notice: KeyedNotice): void {
    this.#waiting.set(notice.key, notice);
    this.retry();
  }

  retry(): void {
    for (const [key, notice] of this.#waiting) {
      // The store knows the key: what is announced twice is told once.
      Promise.resolve()
        .then(() => this.#store().announce(this.#transport, notice))
        .then(
          () => this.#waiting.delete(key),
          (error) => this.#logger.warn(`"${notice.notice.title}" was not queued: ${(error as Error).message}`),
        );
    }
  }
}
