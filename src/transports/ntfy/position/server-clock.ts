/** Seconds by which a clock may seem to jump because answers are held up. */
export const JUMP = 10;

/**
 * The server's time, learned from the events that carry it and carried on by a clock that nobody sets. It is never ahead of the
 * server: what it learns is cut to whole seconds and was a moment under way.
 */
export class ServerClock {
  readonly #steady: () => number;
  #offset: number | undefined;
  /** The same of the clock that dates the answers, which is the server's or that of a proxy before it. */
  #answers: number | undefined;
  /** Milliseconds between the two. */
  #apart = 0;

  /** `steady` in ms. */
  constructor(steady: () => number = () => performance.now()) {
    this.#steady = steady;
  }

  /** An event arrived that the server made just now, at this time in seconds. */
  learn(time: number): void {
    this.#offset = time * 1000 - this.#steady();
  }

  /**
   * A request was answered just now, at this time in seconds. Returns by how many seconds the clock of the answers has jumped since
   * the last one; one that has not tells the time where no event has.
   */
  answered(time: number): number {
    const answers = time * 1000 - this.#steady();
    const jump = (answers - (this.#answers ?? answers)) / 1000;
    this.#answers = answers;
    if (Math.abs(jump) <= JUMP) {
      if (this.#offset === undefined) this.#offset = answers + this.#apart;
      else this.#apart = this.#offset - answers;
    }
    return jump;
  }

  /** The machine slept: its steady clock stood still, the server's went on. */
  forget(): void {
    this.#offset = this.#answers = undefined;
  }

  /** Seconds since the epoch; undefined until an event has told. */
  get now(): number | undefined {
    return this.#offset === undefined ? undefined : (this.#offset + this.#steady()) / 1000;
  }
}
