import type { Message, Notice } from '../../pipeline/message.ts';
import type { Effect, JobStore } from '../../pipeline/store/job-store.ts';

/** What the commands work with. */
export interface Desk {
  readonly store: JobStore;
  /** Milliseconds since the epoch. */
  now(): number;
  readonly repositories: readonly string[];
  readonly agents: readonly string[];
}

/** What a command leads to: an answer at once, or an effect that answers when it is carried out. */
export interface Response {
  readonly notice?: Notice;
  readonly effect?: Effect;
}

/** A command; `argument` is `last`, an id as the person wrote it, or empty. */
export type Command = (
  desk: Desk,
  argument: string,
  asked: { readonly id: string; readonly message: Message },
) => Promise<Response> | Response;

/** The answer to a command. */
export const reply = (title: string, body: string): Notice => ({ title, body, kind: 'reply' });
