/**
 * The leases this process holds, by a clock that neither stands still nor jumps with the wall clock. After the machine slept, or its
 * clock was set, every stored lease looks run out although its worker is right here.
 */
export class Leases {
  readonly #until = new Map<string, number>();

  hold(job: string, ms: number): void {
    this.#until.set(job, performance.now() + ms);
  }

  drop(job: string): void {
    this.#until.delete(job);
  }

  /** The jobs whose lease has not run out. */
  held(): string[] {
    const now = performance.now();
    return [...this.#until].filter(([, until]) => until > now).map(([job]) => job);
  }
}
