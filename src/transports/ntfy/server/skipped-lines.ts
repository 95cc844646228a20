import type { Logger } from '../../../pipeline/services.ts';

const EVERY = 10_000;

/** Logs what is skipped: the first time at once, and then with its count once in 10 s, so that a flood does not fill the disk. */
export class SkippedLines {
  readonly #logger: Logger;
  readonly #now: () => number;
  #count = 0;
  #toldAt = Number.NEGATIVE_INFINITY;

  /** `now` in ms of any steady clock. */
  constructor(logger: Logger, now: () => number = () => performance.now()) {
    this.#logger = logger;
    this.#now = now;
  }

  /** `what` ends the line in the log. */
  add(what: string): void {
    this.#count++;
    if (this.#now() - this.#toldAt < EVERY) return;
    this.tell(what);
  }

  /** Logs what is not told yet. */
  tell(what?: string): void {
    if (this.#count === 0) return;
    const more = what === undefined ? '' : `, the last of them ${what}`;
    this.#logger.warn(
      this.#count === 1 && what !== undefined ? `skipped ${what}` : `skipped ${this.#count} more lines${more}`,
    );
    this.#count = 0;
    this.#toldAt = this.#now();
  }
}
