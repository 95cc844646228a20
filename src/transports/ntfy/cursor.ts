import { z } from 'zod';

/** Seconds of the server's clock: when Milton first listened, and up to where everything is settled. */
export const cursorState = z.object({ first: z.number(), settled: z.number() });
export type CursorState = z.output<typeof cursorState>;

/** More settled ids than this are left to the durable check of duplicates downstream. */
const REMEMBERED = 20_000;

/**
 * Knows where a new connection must begin so that nothing is lost: behind the oldest delivery that is not settled, and not
 * beyond a connection's backlog until that is known to be read in full. Also knows what was delivered already.
 */
export class Cursor {
  readonly #overlap: number;
  #state: CursorState | undefined;
  #newest = 0;
  #connections = 0;
  #complete = 0;
  readonly #pending = new Map<string, number>();
  readonly #delivered = new Set<string>();
  readonly #settled = new Map<string, number>();

  /** `overlap` in seconds. */
  constructor(overlap: number) {
    this.#overlap = overlap;
  }

  restore(state: CursorState | undefined): void {
    this.#state = state;
    this.#newest = state?.settled ?? 0;
  }

  /** What is to be kept; undefined before the first connection. */
  get state(): CursorState | undefined {
    const { first, settled } = this.#state ?? {};
    if (first === undefined || settled === undefined) return undefined;
    // A live message may arrive before an older backlog, or outlive a connection that broke off in the middle of it.
    if (this.#complete < this.#connections) return this.#state;
    const low = this.#pending.size > 0 ? this.#oldestPending() : this.#newest;
    this.#state = { first, settled: Math.max(low, settled) };
    return this.#state;
  }

  /** The value of `since=`. By time, since an id the server no longer knows brings its whole cache back. */
  get since(): string {
    const state = this.state;
    return state ? String(Math.max(state.first, Math.floor(state.settled - this.#overlap), 0)) : 'none';
  }

  /** Somebody listens anew, so that what is not settled may be delivered again. */
  restart(): void {
    this.#delivered.clear();
  }

  /** A connection stands, at this server time. Returns its number, for `caughtUp`. */
  opened(time: number): number {
    const state = this.state;
    this.#connections++;
    if (!state || time < state.settled) {
      // The first connection of all, or the server's clock was set back.
      this.#state = { first: Math.min(state?.first ?? time, time), settled: time };
      this.#newest = time;
    }
    return this.#connections;
  }

  /** The cache was read to its end, after this connection began. */
  caughtUp(connection: number): void {
    this.#complete = Math.max(this.#complete, connection);
  }

  /** Whether this message is to be delivered: it is neither settled nor in work. */
  take(id: string, time: number): boolean {
    if (this.#delivered.has(id) || this.#settled.has(id)) return false;
    this.#delivered.add(id);
    this.#pending.set(id, time);
    this.#newest = Math.max(this.#newest, time);
    return true;
  }

  settle(id: string): void {
    const time = this.#pending.get(id);
    if (time === undefined) return;
    this.#pending.delete(id);
    this.#delivered.delete(id);
    this.#settled.set(id, time);
    const [oldest] = this.#settled.keys();
    if (this.#settled.size > REMEMBERED && oldest !== undefined) this.#settled.delete(oldest);
  }

  #oldestPending(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const time of this.#pending.values()) oldest = Math.min(oldest, time);
    return oldest;
  }
}
