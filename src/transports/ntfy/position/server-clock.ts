/**
 * The server's time, learned from the events that carry it and carried on by a clock that nobody sets. It is never ahead of the
 * server: what it learns is cut to whole seconds and was a moment under way.
 */
export class ServerClock {
  readonly #steady: () => number;
  #offset: number | undefined;

  /** `steady` in ms. */
  constructor(steady: () => number = () => performance.now()) {
    this.#steady = steady;
  }

  /** An event arrived that the server made just now, at this time in seconds. */
  learn(time: number): void {
    this.#offset = time * 1000 - this.#steady();
  }

  /** The machine slept: its steady clock stood still, the server's went on. */
  forget(): void {
    this.#offset = undefined;
  }

  /** Seconds since the epoch; undefined until an event has told. */
  get now(): number | undefined {
    return this.#offset === undefined ? undefined : (this.#offset + this.#steady()) / 1000;
  }
}
