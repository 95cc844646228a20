import type { Message, Notice } from '../../pipeline/message.ts';
import type { Clean } from '../../pipeline/services/clean.ts';
import type { Effect, JobStore } from '../../pipeline/store/job-store.ts';
import type { RunBranch, Sought } from '../execute/git/run-branches.ts';
import type { Budget } from '../usage/budgets.ts';

/** What the commands work with. */
export interface Desk {
  /** Finds the requests; the command's own, which is held where a step asks about it, is not among them. */
  readonly store: Pick<JobStore, 'get' | 'list' | 'results' | 'questions'>;
  /** Milliseconds since the epoch. */
  now(): number;
  readonly repositories: readonly string[];
  readonly agents: readonly string[];
  /** What the branches of a request hold; `repository` by its name. Rejects with MiltonError where git tells nothing. */
  branches(repository: string, sought: Sought): Promise<readonly RunBranch[]>;
  /** Whether a changed line may be sent to this transport. */
  mayShowLines(transport: string): Promise<boolean>;
  /** What was used up today of what may be. */
  budgets(): Promise<readonly Budget[]>;
  /** What is cut must be cleaned before; requests in `store` are. */
  readonly clean: Clean;
}

/** What a command leads to: an answer at once, or an effect that answers when it is carried out. */
export interface Response {
  readonly notice?: Notice;
  readonly effect?: Effect;
}

/** The message of a command; `id` is that of the request it may start. */
export interface Asked {
  readonly id: string;
  readonly message: Message;
  /** How far its words can be trusted, as an answer to a question carries it. */
  readonly from: Pick<Extract<Effect, { do: 'answer' }>, 'from'>;
}

/** A command; `argument` is `last`, an id as the person wrote it, or empty. */
export type Command = (desk: Desk, argument: string, asked: Asked) => Promise<Response> | Response;

/** The answer to a command. */
export const reply = (title: string, body: string): Notice => ({ title, body, kind: 'reply' });

/** The answer to a command that is not carried out. It must arrive, or the person relies on what has not happened. */
export const notDone = (title: string, body: string): Notice => ({ title, body, kind: 'final' });
