import type { NtfyFailure, Pace } from '../server/failure.ts';

const FIRST = 1_000;
const HEALTHY = 60_000;
const SLOW = 60_000;
const LIMITED = 30_000;
const LONGEST = 900_000;
/** The longest that a server is obeyed which asks for a pause; one that limits Milton will have its reasons. */
const OBEYED = { soon: LONGEST, limited: 3_600_000 };
const QUICK_DENIALS = 3;

/** How long to wait before the next attempt to connect. It grows with each failure and starts over after a minute that went well. */
export class Backoff {
  readonly #max: number;
  readonly #random: () => number;
  readonly #now: () => number;
  #pace: Pace | undefined;
  readonly #failures: Record<Pace, number> = { soon: 0, denied: 0, slow: 0, limited: 0 };
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
    this.#failures.soon = this.#failures.denied = this.#failures.slow = this.#failures.limited = 0;
    this.#openedAt = undefined;
  }

  /** Whether the server has refused so often that it will not have been a hiccup. */
  get denied(): boolean {
    return this.#failures.denied > QUICK_DENIALS;
  }

  /** Milliseconds to wait after this failure. */
  next(failure: NtfyFailure): number {
    // Not reset by the mere opening: a server that accepts and drops would be hammered.
    if (this.#openedAt !== undefined && this.#now() - this.#openedAt >= HEALTHY) this.restart();
    this.#openedAt = undefined;
    const { pace, retryAfter = 0 } = failure;
    // What came of another kind of failure says nothing of this one. Only what passes by itself is remembered, since a server that
    // fails in several ways by turns would be hammered.
    if (pace !== this.#pace && pace !== 'soon') this.#failures[pace] = 0;
    if (pace !== 'denied') this.#failures.denied = 0;
    this.#pace = pace;
    const before = this.#failures[pace]++;

    const jitter = this.#random();
    const grown = (first: number, times: number) => first * 2 ** Math.min(times, 30);
    const late = (first: number, times: number) => Math.min(grown(first, times) * (1 + jitter / 2), LONGEST);
    if (pace === 'limited') return Math.max(late(LIMITED, before), Math.min(retryAfter, OBEYED.limited));
    if (pace === 'slow') return late(SLOW, before);
    if (this.denied) return late(SLOW, before - QUICK_DENIALS);
    return Math.max(jitter * Math.min(grown(FIRST, before), this.#max), Math.min(retryAfter, OBEYED.soon));
  }
}
