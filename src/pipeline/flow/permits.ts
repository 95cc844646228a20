/** The places in which runs may work at the same time. */
export class Permits {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  /** Resolves once a place is free and taken. */
  async take(): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Takes a place even when none is free: for a run that comes back from a question and must not wait again. */
  force(): void {
    this.#free--;
  }

  give(): void {
    const next = this.#free >= 0 ? this.#waiting.shift() : undefined;
    if (next) next();
    else this.#free++;
  }
}
