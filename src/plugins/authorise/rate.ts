/** Lets so many pass within a time (ms): all at once after a pause, then one after the other. */
export class Rate {
  readonly #most: number;
  readonly #within: number;
  #left: number;
  #at: number | undefined;

  constructor(most: number, within: number) {
    this.#most = most;
    this.#within = within;
    this.#left = most;
  }

  /** Whether one more may pass at this moment (ms), which may be before the last one. */
  take(at: number): boolean {
    const passed = Math.max(0, at - (this.#at ?? at));
    this.#at = Math.max(at, this.#at ?? at);
    this.#left = Math.min(this.#most, this.#left + (passed * this.#most) / this.#within);
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
