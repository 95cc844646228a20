const SOONEST = 1_000;
/** The pause after a test that could not be made while the hearing is in doubt. */
const DOUBTFUL = 60_000;

/**
 * What is known of Milton's hearing, and when it is to be tested next. One message that did not come makes it doubtful; a second
 * one, on a new connection, makes it deaf, until something is heard. Times in ms of any steady clock.
 */
export class Hearing {
  readonly #interval: number;
  readonly #now: () => number;
  #missed = 0;
  #next: number;

  /** `interval` in ms between two tests while all is well. */
  constructor(interval: number, now: () => number = () => performance.now()) {
    this.#interval = interval;
    this.#now = now;
    this.#next = now() + interval;
  }

  get deaf(): boolean {
    return this.#missed > 1;
  }

  /** Milliseconds until the next test is due. */
  get dueIn(): number {
    return Math.max(0, this.#next - this.#now());
  }

  /** Something new came over the stream. */
  heard(): void {
    this.#missed = 0;
    this.#next = this.#now() + this.#interval;
  }

  /** Something was sent and did not come over the stream. */
  missed(): void {
    this.#missed++;
    // At once on the next connection, then ever more seldom, so that a long deafness does not eat up what may be sent in a day.
    const pause = this.#missed < 2 ? 0 : SOONEST * 2 ** Math.min(this.#missed - 2, 30);
    this.#next = this.#now() + Math.min(pause, this.#interval);
  }

  /** The test could not be made, which says nothing. */
  skip(): void {
    this.#next = this.#now() + (this.#missed > 0 ? Math.min(DOUBTFUL, this.#interval) : this.#interval);
  }
}

/** The pause between two tests where none is configured: at least 15 minutes, and at most a tenth of the day's messages. */
export function defaultInterval(dailyMessages: number): number {
  return Math.max(15 * 60_000, (24 * 60 * 60_000) / (0.1 * dailyMessages));
}
