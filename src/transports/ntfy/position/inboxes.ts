import { z } from 'zod';

/** The server, and for each topic of it since when it is listened to, in seconds of the server's clock. An older Milton kept neither. */
export const inboxState = z.object({ server: z.string(), topics: z.record(z.string(), z.number()) });
export type InboxState = z.output<typeof inboxState>;

/** Knows since when each topic is listened to: what was sent there before is not meant for Milton. */
export class Inboxes {
  readonly #server: string;
  readonly #topics: readonly string[];
  readonly #since = new Map<string, number>();

  constructor(server: string, topics: readonly string[]) {
    this.#server = server;
    this.#topics = topics;
  }

  /** Takes what was kept; false where that is about another server. */
  restore(kept: unknown): boolean {
    const { server, topics } = inboxState.safeParse(kept).data ?? this.#older;
    if (server !== this.#server) return false;
    for (const [topic, since] of Object.entries(topics)) this.#since.set(topic, since);
    return true;
  }

  get state(): InboxState {
    return { server: this.#server, topics: Object.fromEntries(this.#since) };
  }

  /** Milton listens, and this is the server's time; its clock was set back by so much that `back` seconds cover all that may be new. */
  tick(time: number, back: number): void {
    if (back > 0) for (const [topic, since] of this.#since) this.#since.set(topic, Math.max(0, since - back));
    for (const topic of this.#topics) if (!this.#since.has(topic)) this.#since.set(topic, time);
  }

  /** Whether what was sent to this topic at this time is meant for Milton. */
  concerns(topic: string | undefined, time: number): boolean {
    return topic === undefined || time >= (this.#since.get(topic) ?? 0);
  }

  /** What an older Milton listened to is what is listened to now, from where its mark began. */
  get #older(): InboxState {
    return { server: this.#server, topics: Object.fromEntries(this.#topics.map((topic) => [topic, 0])) };
  }
}
