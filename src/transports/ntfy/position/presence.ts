import { z } from 'zod';
import type { Lateness } from '../../../pipeline/message.ts';

/** A time during which Milton did not listen, in seconds of the server's clock. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

const gap = z.object({ from: z.number(), to: z.number() });
/** When something was last heard, and when nobody listened. An older Milton kept neither. */
export const presenceState = z.object({ heard: z.number().optional(), gaps: z.array(gap).default([]) });
export type PresenceState = z.output<typeof presenceState>;

/** Seconds by which a message may lie outside a gap and still count as missed. */
const SLACK = 5;
const MOST_GAPS = 200;

/** Knows when Milton listened, so that it can say of a message whether it was away when that was sent. */
export class Presence {
  readonly #keep: number;
  #heard: number | undefined;
  #gaps: readonly Gap[] = [];
  /** Nobody listens, since something was last heard. */
  #away = true;

  /** `keep` in seconds: the server holds no older messages, so that older gaps do not matter. */
  constructor(keep: number) {
    this.#keep = keep;
  }

  restore(state: PresenceState | undefined): void {
    this.#heard = state?.heard;
    this.#gaps = state?.gaps ?? [];
  }

  get state(): PresenceState {
    return { ...(this.#heard !== undefined && { heard: this.#heard }), gaps: [...this.#gaps] };
  }

  /** An event was heard, of this time. */
  hear(time: number): void {
    this.#heard = Math.max(this.#heard ?? time, time);
  }

  /** The server said what time it is: its clock may have been set back. */
  tick(time: number): void {
    if (this.#heard !== undefined && time < this.#heard - SLACK) this.#gaps = this.#gaps.filter(({ to }) => to <= time);
    this.#heard = time;
  }

  /** Listening from this time on. Returns the time of absence that has ended; none before the first time ever. */
  opened(time: number): Gap | undefined {
    const from = this.#heard;
    this.tick(time);
    this.#away = false;
    if (from === undefined || time <= from) return undefined;
    const kept = this.#gaps.filter(({ to }) => to >= time - this.#keep);
    const last = kept.at(-1);
    // What two neighbours count as missed with their slack is one stretch.
    const joined = last && from - last.to <= 2 * SLACK && from >= last.from;
    this.#gaps = (joined ? [...kept.slice(0, -1), { from: last.from, to: time }] : [...kept, { from, to: time }]).slice(
      -MOST_GAPS,
    );
    return { from, to: time };
  }

  /** Not listening any more, in truth since something was last heard. */
  lost(): void {
    this.#away = true;
  }

  /** How late a message of this time comes; `now` is the server's time. */
  lateness(time: number, now: number): Lateness {
    const awayNow = this.#away && this.#heard !== undefined && time >= this.#heard - SLACK;
    const missed = awayNow || this.#gaps.some(({ from, to }) => time >= from - SLACK && time <= to + SLACK);
    return { ms: Math.max(0, Math.round((now - time) * 1000)), missed };
  }
}
