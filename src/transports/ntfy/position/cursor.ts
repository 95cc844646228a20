import { z } from 'zod';

/** Seconds of the server's clock: when Milton first listened, and up to where everything is settled. */
export const cursorState = z.object({ first: z.number(), settled: z.number() });
export type CursorState = z.output<typeof cursorState>;

/**
 * Knows where a new connection must begin so that nothing is lost: behind the oldest delivery that is not settled, and not beyond
 * the moment up to which the server's cache was read in full. Streams do not move it, since they may lose messages. Also knows
 * what was delivered already.
 */
export class Cursor {
  readonly #overlap: number;
  readonly #keep: number;
  #first: number | undefined;
  #covered = 0;
  /** How often the server's clock was set back. */
  #turns = 0;
  /** What is in work, and the listener it was delivered to. */
  readonly #pending = new Map<string, { readonly time: number; readonly listener: number }>();
  #listener = 0;
  readonly #settled = new Map<string, number>();
  /** Settled ids of before this time are not known any more. */
  #forgotten = 0;

  /** In seconds: how long the server may take to cache what it has dated, and how long it keeps that. */
  constructor(overlap: number, keep = Number.POSITIVE_INFINITY) {
    this.#overlap = overlap;
    this.#keep = keep;
  }

  restore(state: CursorState | undefined): void {
    this.#first = state?.first;
    this.#covered = state?.settled ?? 0;
  }

  /** What is to be kept; undefined before the first connection. */
  get state(): CursorState | undefined {
    if (this.#first === undefined) return undefined;
    let settled = this.#covered;
    for (const { time } of this.#pending.values()) settled = Math.min(settled, time);
    return { first: this.#first, settled };
  }

  /** The value of `since=`. By time, since an id the server no longer knows brings its whole cache back. */
  get since(): string {
    const { state } = this;
    if (!state) return 'none';
    const from = Math.max(state.first, Math.floor(state.settled - this.#overlap), 0);
    // ntfy takes the second 1 for "none", and 0 for "all".
    return String(from === 1 ? 0 : from);
  }

  /** Somebody listens anew, so that what is not settled may be delivered again. */
  restart(): void {
    this.#listener++;
  }

  /** The server said what time it is. Returns by how many seconds the beginning goes back, where its clock was set back. */
  tick(time: number): number {
    let back = 0;
    if (this.#first === undefined) {
      this.#first = this.#covered = time;
    } else if (time < this.#covered - this.#overlap / 2) {
      // Its clock was set back, nobody knows when: whatever is new may be dated anywhere since the beginning, told by the new time.
      back = this.#covered - time + this.#overlap;
      this.#first = Math.max(0, this.#first - back);
      this.#covered = this.#first;
      this.#turns++;
    }
    this.#forget(time);
    return back;
  }

  /** The cache is being read from `since`; call what is returned, with the server's time at the beginning, once it was read to its end. */
  reading(): (start: number) => void {
    const turns = this.#turns;
    return (start) => {
      // Two times of a clock that was set back between them cannot be compared.
      if (turns !== this.#turns) return;
      this.#covered = Math.max(this.#covered, Math.floor(start));
      this.#forget(start);
    };
  }

  /** Whether this message is to be delivered: it is neither settled nor in work. */
  take(id: string, time: number): boolean {
    if (this.#settled.has(id) || this.#pending.get(id)?.listener === this.#listener) return false;
    this.#pending.set(id, { time, listener: this.#listener });
    return true;
  }

  settle(id: string): void {
    const pending = this.#pending.get(id);
    if (!pending) return;
    this.#pending.delete(id);
    this.#settled.set(id, pending.time);
  }

  /** Whether a message of this time would still be known if it had been delivered before. */
  remembers(time: number): boolean {
    return time >= this.#forgotten;
  }

  /** What is not asked for again, or not kept by the server, need not be known: a replay is left to the check of duplicates downstream. */
  #forget(now: number): void {
    const { settled = 0 } = this.state ?? {};
    this.#forgotten = Math.max(settled - this.#overlap, now - this.#keep);
    for (const [id, time] of this.#settled) if (time < this.#forgotten) this.#settled.delete(id);
  }
}
