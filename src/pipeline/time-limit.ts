/**
 * A signal that aborts with another one, or after so many ms with a TimeoutError. With `using` it leaves nothing behind: what
 * AbortSignal.any() makes of a signal that lives as long as Milton is never quite let go by that.
 * @example
 * using limit = new TimeLimit(outer, 15_000);
 * await fetch(url, { signal: limit.signal });
 */
export class TimeLimit implements Disposable {
  readonly #own = new AbortController();
  readonly #outer: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  #over = false;

  constructor(outer: AbortSignal, ms: number) {
    this.#outer = outer;
    this.#timer = setTimeout(() => {
      this.#over = true;
      this.#own.abort(new DOMException(`more than ${ms} ms`, 'TimeoutError'));
    }, ms);
    this.#timer.unref();
    if (outer.aborted) this.#follow();
    else outer.addEventListener('abort', this.#follow);
  }

  get signal(): AbortSignal {
    return this.#own.signal;
  }

  /** Whether the time was over before the other signal aborted. */
  get over(): boolean {
    return this.#over;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#outer.removeEventListener('abort', this.#follow);
  }

  readonly #follow = () => {
    clearTimeout(this.#timer);
    this.#own.abort(this.#outer.reason);
  };
}
