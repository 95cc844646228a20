/** So many times of those that passed are remembered, for each that may pass. */
const REMEMBERED = 20;

/** Lets so many pass within a time (ms), in whatever order they come. */
export class Rate {
  readonly #most: number;
  readonly #within: number;
  #passed: number[] = [];

  constructor(most: number, within: number) {
    this.#most = most;
    this.#within = within;
  }

  /** Whether one more may pass at this moment (ms), which may be before others that have passed. */
  take(at: number): boolean {
    const before = this.#passed.filter((time) => time > at - this.#within && time <= at);
    if (before.length >= this.#most) return false;
    this.#passed = [...this.#passed, at].slice(-REMEMBERED * this.#most);
    return true;
  }
}
