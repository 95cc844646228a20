import type { NtfyFailure } from '../server/failure.ts';

const FIRST = 1_000;
const HEALTHY = 60_000;
const SLOW = { first: 60_000, max: 900_000 };
const LIMITED = { first: 30_000, max: 900_000 };
const QUICK_DENIALS = 3;

/** How long to wait before the next attempt to connect. It grows with each failure and starts over after a minute that went well. */
export class Backoff {
  readonly #max: number;
  readonly #random: () => number;
  readonly #now: () => number;
  #failures = 0;
  #denials = 0;
  #openedAt: number | undefined;

  /** `max` in ms; `now` in ms of any steady clock. */
  constructor(max: number, random: () => number = Math.random, now: () => number = () => performance.now()) {
    this.#max = max;
    this.#random = random;
    this.#now = now;
  }

  opened(): void {
    this.#openedAt = this.#now();
  }

  /** What failed before says nothing about now. */
  restart(): void {
    this.#failures = this.#denials = 0;
    this.#openedAt = undefined;
  }

  /** Whether the server has refused so often that it will not have been a hiccup. */
  get denied(): boolean {
    return this.#denials > QUICK_DENIALS;
  }

  /** Milliseconds to wait after this failure. */
  next(failure: NtfyFailure): number {
    // Not reset by the mere opening: a server that accepts and drops would be hammered.
    if (this.#openedAt !== undefined && this.#now() - this.#openedAt >= HEALTHY) this.restart();
    this.#openedAt = undefined;
    this.#denials = failure.pace === 'denied' ? this.#denials + 1 : 0;
    const doublings = Math.min(this.#failures++, 30);
    const grown = ({ first, max }: { first: number; max: number }) => Math.min(first * 2 ** doublings, max);

    const jitter = this.#random();
    if (failure.pace === 'limited') return Math.max(grown(LIMITED) * (1 + jitter / 2), failure.retryAfter ?? 0);
    if (failure.pace === 'slow' || this.denied) return grown(SLOW) * (1 + jitter / 2);
    return Math.max(jitter * grown({ first: FIRST, max: this.#max }), failure.retryAfter ?? 0);
  }
}
