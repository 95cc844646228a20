import type { z } from 'zod';
import type { Lateness } from '../../pipeline/message.ts';
import { Cursor, cursorState } from './cursor.ts';
import type { NtfyEvent } from './events.ts';
import type { NtfyOptions } from './options.ts';
import { type Gap, Presence, presenceState } from './presence.ts';
import { ServerClock } from './server-clock.ts';

/** What a restarted Milton must know of its place in the server's time. */
export const positionState = cursorState.extend(presenceState.shape);
type PositionState = z.output<typeof positionState>;

/** Milton's place in the server's time: what it has settled, when it listened, and what time it is there. */
export class Position {
  readonly cursor: Cursor;
  readonly presence: Presence;
  readonly clock: ServerClock;

  constructor({ overlap, cacheDuration }: Pick<NtfyOptions, 'overlap' | 'cacheDuration'>, clock = new ServerClock()) {
    this.cursor = new Cursor(overlap);
    this.presence = new Presence(cacheDuration);
    this.clock = clock;
  }

  restore(state: PositionState | undefined): void {
    this.cursor.restore(state);
    this.presence.restore(state);
  }

  get state(): PositionState | undefined {
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
    return this.presence.lateness(time, this.clock.now ?? time);
  }
}
