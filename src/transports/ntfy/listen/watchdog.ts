const LONGEST = 900_000;
/** So many connections in a row without a keepalive say that the known rhythm is not the server's any more. */
const FORGET_AFTER = 6;

/**
 * How long a stream may be silent before it counts as dead: a little more than twice the time between two keepalives. Until two
 * were seen it is `idleTimeout`; a server that has never sent one is given twice as long after each silence, up to 15 minutes, so
 * that one with slow keepalives is not cut for ever.
 */
export class Watchdog {
  readonly #idleTimeout: number;
  readonly #now: () => number;
  #first: number | undefined;
  #count = 0;
  #rhythm: number | undefined;
  #silences = 0;

  /** `idleTimeout` in ms; `now` in ms of any steady clock. */
  constructor(idleTimeout: number, now: () => number = () => performance.now()) {
    this.#idleTimeout = idleTimeout;
    this.#now = now;
  }

  /** A connection begins. */
  opened(): void {
    this.#first = undefined;
    this.#count = 0;
  }

  /** A keepalive came. The mean of a connection counts, since one that is held up on its way makes the next one seem early. */
  keepalive(): void {
    const now = this.#now();
    this.#first ??= now;
    if (this.#count > 0) this.#rhythm = (now - this.#first) / this.#count;
    // One alone came within the patience that was needed, so that this stays until the rhythm is known.
    if (this.#rhythm !== undefined) this.#silences = 0;
    this.#count++;
  }

  /** The connection was given up for its silence. */
  silent(): void {
    if (this.#count > 0) return;
    this.#silences++;
    if (this.#rhythm === undefined || this.#silences < FORGET_AFTER) return;
    this.#rhythm = undefined;
    this.#silences = 1;
  }

  /** Milliseconds of silence that are no cause for alarm. */
  get patience(): number {
    if (this.#rhythm !== undefined) return Math.max(2.2 * this.#rhythm, (this.#idleTimeout * 5) / 6);
    return Math.min(this.#idleTimeout * 2 ** Math.min(this.#silences, 20), Math.max(LONGEST, this.#idleTimeout));
  }
}
