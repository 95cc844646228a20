import type { Lateness } from '../../../pipeline/message.ts';
import { type InboxTopics, inboxTopics, type NtfyOptions } from '../options.ts';
import { serverUrl } from '../server/api.ts';
import type { NtfyEvent } from '../server/events.ts';
import { Cursor, type CursorState, cursorState } from './cursor.ts';
import { Inboxes, type InboxState } from './inboxes.ts';
import { type Gap, Presence, type PresenceState, presenceState } from './presence.ts';
import { ServerClock } from './server-clock.ts';

type Options = Pick<NtfyOptions, 'overlap' | 'cacheDuration' | 'baseUrl'> & InboxTopics;

/** Milton's place in the server's time: what it has settled, since when and when it listened, and what time it is there. */
export class Position {
  readonly cursor: Cursor;
  readonly presence: Presence;
  readonly inboxes: Inboxes;
  readonly clock = new ServerClock();
  readonly #now: () => number;

  /** `now` is the machine's clock, in ms since the epoch. */
  constructor(options: Options, now: () => number) {
    const { overlap, cacheDuration, baseUrl } = options;
    this.cursor = new Cursor(overlap, cacheDuration);
    this.presence = new Presence(cacheDuration);
    this.inboxes = new Inboxes(new URL(serverUrl(baseUrl)).href, inboxTopics(options));
    this.#now = now;
  }

  /**
   * Takes what an earlier Milton kept, where that is of this server. One part that cannot be read does not cost the other: without
   * the cursor messages are lost.
   */
  restore(kept: unknown): void {
    if (kept === undefined || !this.inboxes.restore(kept)) return;
    this.cursor.restore(cursorState.safeParse(kept).data);
    this.presence.restore(presenceState.safeParse(kept).data);
  }

  /** What a restarted Milton must know; undefined before the first connection. */
  get state(): (CursorState & PresenceState & InboxState) | undefined {
    const settled = this.cursor.state;
    return settled && { ...settled, ...this.presence.state, ...this.inboxes.state };
  }

  /** Milton reads from the server, whose time this is. */
  tick(time: number): void {
    this.inboxes.tick(time, this.cursor.tick(time));
  }

  /** An event came over the stream. Returns the absence that it ends, where it does. */
  hear({ event, time }: NtfyEvent): Gap | undefined {
    if (event === 'open' || event === 'keepalive') {
      this.clock.learn(time);
      this.tick(time);
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
