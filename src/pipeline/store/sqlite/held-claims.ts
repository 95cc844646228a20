import type { Claim } from '../job-store.ts';

/**
 * The claims this process works on. It knows that better than any clock: after the machine slept, its clock was set or its disk was
 * full, a stored lease looks run out although its worker is right here.
 */
export class HeldClaims {
  readonly #attempts = new Map<string, number>();

  add({ job, attempt }: Claim): void {
    this.#attempts.set(job, attempt);
  }

  delete({ job, attempt }: Claim): void {
    if (this.#attempts.get(job) === attempt) this.#attempts.delete(job);
  }

  /** The attempt by which each job is held. */
  attempts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#attempts);
  }
}
