const FIRST = 1000;
/** A server that stalls is told from a dead one only after 15 s, and when it is back nobody wants to wait for a minute more. */
const MOST = 30_000;
/** The other side may name any time, and all notices of all runs wait for it. */
const LONGEST_NAMED = 900_000;

/**
 * Whether the other side is worth a try. After a failure nothing is sent for a while, which grows as the failures go on; then one
 * notice finds out. So a server that is away costs one try now and then, not one for each notice that waits.
 */
export class Circuit {
  readonly #now: () => number;
  readonly #random: () => number;
  #failures = 0;
  #failedAt = 0;
  #until = 0;

  /** `now` in ms since the epoch. */
  constructor(now: () => number, random: () => number = Math.random) {
    this.#now = now;
    this.#random = random;
  }

  /** The last try failed: the next one is to find out whether others may follow. */
  get broken(): boolean {
    return this.#failures > 0;
  }

  /** When the next try may be made, in ms since the epoch; a time that has passed = now. */
  get until(): number {
    // The clock was set back: the wait must not last for as long as that.
    return this.#now() < this.#failedAt ? 0 : this.#until;
  }

  /** `retryAfter` in ms, where the other side named a time: it counts from the second failure in a row on, since one may be a notice's own. */
  failed(retryAfter = 0): void {
    const named = this.broken ? Math.min(retryAfter, LONGEST_NAMED) : 0;
    const most = Math.min(FIRST * 2 ** Math.min(this.#failures++, 10), MOST);
    this.#failedAt = this.#now();
    this.#until = this.#failedAt + Math.ceil(Math.max(named, this.#random() * most));
  }

  passed(): void {
    this.#failures = this.#until = 0;
  }

  /** Something else shows that the other side is back: try at once. */
  hint(): void {
    this.#until = 0;
  }
}
