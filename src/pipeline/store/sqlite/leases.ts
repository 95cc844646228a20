import type { Claim } from '../job-store.ts';

/**
 * The leases this process holds, by a clock that neither stands still nor jumps with the wall clock. After the machine slept, or its
 * clock was set, every stored lease looks run out although its worker is right here.
 */
export class Leases {
  readonly #leases = new Map<string, { readonly attempt: number; readonly until: number }>();

  hold({ job, attempt }: Claim, ms: number): void {
    this.#leases.set(job, { attempt, until: performance.now() + ms });
  }

  drop({ job, attempt }: Claim): void {
    if (this.#leases.get(job)?.attempt === attempt) this.#leases.delete(job);
  }

  /** The attempt by which each job is held, for the leases that have not run out. */
  held(): Readonly<Record<string, number>> {
    const now = performance.now();
    const running = [...this.#leases].filter(([, { until }]) => until > now);
    return Object.fromEntries(running.map(([job, { attempt }]) => [job, attempt]));
  }
}
