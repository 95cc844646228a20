/** A time limit whose clock can be stopped: it does not run inside `next()` and `ask()`. Milliseconds. */
export class Budget {
  #left: number;
  #since = 0;
  #stops = 1;
  #timer: NodeJS.Timeout | undefined;
  readonly #expire: () => void;

  constructor(ms: number, expire: () => void) {
    this.#left = ms;
    this.#expire = expire;
    this.start();
  }

  start(): void {
    if (--this.#stops > 0) return;
    this.#since = performance.now();
    this.#timer = setTimeout(this.#expire, Math.max(0, this.#left));
  }

  stop(): void {
    if (this.#stops++ > 0) return;
    clearTimeout(this.#timer);
    this.#left -= performance.now() - this.#since;
  }
}
