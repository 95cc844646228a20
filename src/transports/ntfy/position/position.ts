import type { Lateness } from '../../../pipeline/message.ts';
import type { NtfyOptions } from '../options.ts';
import type { NtfyEvent } from '../server/events.ts';
import { Cursor, type CursorState, cursorState } from './cursor.ts';
import { type Gap, Presence, type PresenceState, presenceState } from './presence.ts';
import { ServerClock } from './server-clock.ts';

/** Milton's place in the server's time: what it has settled, when it listened, and what time it is there. */
export class Position {
  readonly cursor: Cursor;
  readonly presence: Presence;
  readonly clock = new ServerClock();
  readonly #now: () => number;

  /** `now` is the machine's clock, in ms since the epoch. */
  constructor({ overlap, cacheDuration }: Pick<NtfyOptions, 'overlap' | 'cacheDuration'>, now: () => number) {
    this.cursor = new Cursor(overlap, cacheDuration);
    this.presence = new Presence(cacheDuration);
    this.#now = now;
  }

  /** Takes what an earlier Milton kept. One part that cannot be read does not cost the other: without the cursor messages are lost. */
  restore(kept: unknown): void {
    this.cursor.restore(cursorState.safeParse(kept).data);
    this.presence.restore(presenceState.safeParse(kept).data);
  }

  /** What a restarted Milton must know; undefined before the first connection. */
  get state(): (CursorState & PresenceState) | undefined {
    const settled = this.cursor.state;
    return settled && { ...settled, ...this.presence.state };
  }

  /** An event came over the stream. Returns the absence that it ends, where it does. */
  hear({ event, time }: NtfyEvent): Gap | undefined {
    if (event === 'open' || event === 'keepalive') {
      this.clock.learn(time);
      this.cursor.tick(time);
    }
    if (event === 'open') return this.presence.opened(time);
    if (event === 'keepalive') this.presence.tick(time);
    else this.presence.hear(time);
    return undefined;
  }

  /** How late a message of this time (seconds of the server's clock) comes now. */
  lateness(time: number): Lateness {
    return this.presence.lateness(time, this.clock.now ?? this.#now() / 1000);
  }
}
