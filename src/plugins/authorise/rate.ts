/** Lets so many pass within a minute: all at once after a pause, then one after the other. */
export class Rate {
  readonly #perMinute: number;
  #left: number;
  #at: number | undefined;

  constructor(perMinute: number) {
    this.#perMinute = perMinute;
    this.#left = perMinute;
  }

  /** Whether one more may pass now (ms). */
  take(now: number): boolean {
    const passed = Math.max(0, now - (this.#at ?? now));
    this.#at = now;
    this.#left = Math.min(this.#perMinute, this.#left + (passed * this.#perMinute) / 60_000);
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
