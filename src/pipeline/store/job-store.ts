import type { Observable } from 'rxjs';
import type { Json } from '../json.ts';
import type { Message, Notice, NoticeKind } from '../message.ts';
import { token } from '../token.ts';
import type { Effect } from './effect.ts';
import type { Answer, AskedQuestion, Question, StoredQuestion } from './question.ts';

export type { CancelResult, Effect, RetryResult } from './effect.ts';
export type { Answer, AnswerResult, AskedQuestion, Question, StoredQuestion } from './question.ts';

/** How a request can end. Every request reaches exactly one of them. */
export type Outcome = 'done' | 'failed' | 'cancelled' | 'expired' | 'interrupted';
/** `held`: it waits above `queue()` for a person, in no lane. */
export type JobState = 'held' | 'queued' | 'active' | Outcome;

/** A notice with its place in a run: unique by (run, key); the same key again replaces an unsent one. */
export interface KeyedNotice {
  readonly key: string;
  readonly notice: Notice;
}

/** A request that waits for its lane. */
export interface NewJob {
  readonly id: string;
  /** Jobs of one lane run one at a time, first in first out. */
  readonly lane: string;
  /** Encoded slots, as the intake steps set them. */
  readonly slots: Readonly<Record<string, Json>>;
  /** The acknowledgement, told how many jobs of the lane stand before this one. */
  acknowledge(ahead: number): Notice | undefined;
}

/** A run that has asked a person above `queue()`: it takes no place in a lane, and nobody claims it. */
export interface NewHold {
  readonly id: string;
  /** What the steps before the question have set, to be shown; the steps run again from the top once it is answered. */
  readonly lane: string;
  readonly slots: Readonly<Record<string, Json>>;
  /** Names the question within its run. */
  readonly key: string;
  readonly question: Question;
}

/** All that one message leaves behind: written together or not at all. */
export interface Acceptance {
  /** The run id of the message's intake; its notices belong to it. */
  readonly run: string;
  readonly message: Message;
  /** Keys that no message may have marked before; the message's own id is one of them. */
  readonly seen: readonly string[];
  readonly job?: NewJob;
  /** Instead of a job: the question that must be answered first. */
  readonly hold?: NewHold;
  readonly effects: readonly Effect[];
  readonly notices: readonly KeyedNotice[];
}

/** A held run as the store holds it. */
export interface HeldRun {
  readonly id: string;
  readonly message: Message;
  /** The keys it has marked; for this run they are still unseen. */
  readonly seen: readonly string[];
  readonly questions: readonly AskedQuestion[];
}

/** What a held run leaves behind after its intake ran again: it is queued, held once more, or over. `seen`: what is newly marked. */
export type Resumption = Pick<Acceptance, 'run' | 'seen' | 'effects' | 'notices'> & {
  /** The text of its message, where the steps have made another of it. */
  readonly text?: string;
} & (
    | { readonly job: NewJob }
    | { readonly hold: NewHold }
    | {
        readonly ending: {
          readonly outcome: Outcome;
          readonly notice: Notice;
          /** `notice` is only for where nothing else is said: else the last notice, or reply to an effect, is the final one. */
          readonly unlessSaid?: boolean;
        };
      }
  );

/** One `run.step` as the journal holds it. `value` and `note` are JSON texts; a failed entry's value is its error. */
export interface JournalEntry {
  readonly key: string;
  readonly atMostOnce: boolean;
  readonly state: 'begun' | 'done' | 'failed';
  readonly value: string | null;
  readonly note: string | null;
}

/** A job in the hands of one worker. A claim whose `attempt` is no longer the job's is stale: the store refuses its writes. */
export interface Claim {
  readonly job: string;
  readonly lane: string;
  readonly attempt: number;
  /** How often in a row the job was claimed again without a new checkpoint. */
  readonly stalled: number;
  readonly message: Message;
  readonly slots: Readonly<Record<string, Json>>;
  readonly journal: ReadonlyMap<string, JournalEntry>;
}

/** What is known of one request; times in ms since the epoch. */
export interface JobView {
  readonly id: string;
  readonly lane: string;
  readonly state: JobState;
  readonly attempt: number;
  readonly message: Message;
  readonly slots: Readonly<Record<string, Json>>;
  readonly createdAt: number;
  readonly startedAt: number | undefined;
  readonly finishedAt: number | undefined;
  readonly retryOf: string | undefined;
  readonly cancelRequested: boolean;
  /** Whether it ever reached `queue()`; what has not cannot be queued again. */
  readonly queued: boolean;
  /** The notices of the run so far, oldest first; `at` = when it was queued. */
  readonly notices: readonly (KeyedNotice & { readonly sent: boolean; readonly at: number })[];
}

export interface JobFilter {
  readonly states?: readonly JobState[];
  readonly lane?: string;
  /** Without what was over before this time (ms since the epoch). */
  readonly since?: number;
  readonly limit?: number;
  readonly newestFirst?: boolean;
}

/** A notice that waits to be sent. */
export interface OutboxRow extends KeyedNotice {
  readonly seq: number;
  readonly run: string;
  readonly attempts: number;
}

/** Hints that something changed; they may be missed, so whoever listens also looks by itself now and then. */
export type StoreEvent =
  | { readonly type: 'queued' }
  | { readonly type: 'held' }
  | { readonly type: 'outbox' }
  | { readonly type: 'cancel'; readonly job: string }
  | { readonly type: 'answer'; readonly question: string };

/**
 * Where requests live between the phone and the work. Every promise resolves only after the durable commit, and rejects with
 * a MiltonError (STORE_FULL, STORE_READONLY, STORE_CORRUPT, STORE) when nothing was written.
 */
export interface JobStore {
  readonly events$: Observable<StoreEvent>;

  /** Whether a committed message marked this key. */
  seen(key: string): Promise<boolean>;
  /** Writes everything one message leaves behind; 'duplicate' when one of its keys was already marked, and then nothing. */
  accept(acceptance: Acceptance): Promise<'accepted' | 'duplicate'>;

  /** The runs that are held now, oldest first. */
  held(): Promise<readonly HeldRun[]>;
  /**
   * Goes on with a held run, all or nothing; its place in its lane is that of its arrival. 'duplicate' = a new key was marked by
   * another run, and nothing is written; 'over' = it is held no longer, since somebody was faster.
   */
  resume(resumption: Resumption): Promise<'resumed' | 'duplicate' | 'over'>;

  /**
   * The oldest free job of a free lane, or undefined when there is none now. Also takes over jobs whose lease ran out, but never
   * one that was claimed here and not given up since: however late its heartbeat comes, its worker is alive.
   */
  claim(leaseMs: number): Promise<Claim | undefined>;
  /** Prolongs the lease. 'lost' = another worker has it or it is settled: abort the run. */
  heartbeat(claim: Claim, leaseMs: number): Promise<'held' | 'cancelled' | 'lost'>;
  /** Saves a journal entry and notices together; false = the claim is stale. Resets `stalled`. */
  checkpoint(claim: Claim, entry: JournalEntry, notices: readonly KeyedNotice[]): Promise<boolean>;
  /** Queues notices of a run; false = the claim is stale. */
  post(claim: Claim, notices: readonly KeyedNotice[]): Promise<boolean>;
  /**
   * Ends the job: outcome, last notices and what its steps had found in one transaction; false = the claim is stale. Its open
   * questions are closed, and those not sent yet are given up, so that nobody is asked in vain and none holds the final notice back.
   */
  settle(
    claim: Claim,
    outcome: Outcome,
    notices: readonly KeyedNotice[],
    results?: Readonly<Record<string, Json>>,
  ): Promise<boolean>;
  /** Gives the job back to the queue, in its place in the lane, with what it still has to say; its journal stays. */
  release(claim: Claim, notices: readonly KeyedNotice[]): Promise<void>;
  /** Forgets that the job is worked on here: whoever claims next after the end of its lease takes it over. Writes nothing. */
  drop(claim: Claim): void;

  /** Stores a question once per (job, key) with its notice; asked again, it returns what was stored. */
  ask(claim: Claim, key: string, question: Question, notices: readonly KeyedNotice[]): Promise<StoredQuestion>;
  /** Records the timeout's answer unless a person was faster; returns the one that counts. */
  expire(question: string): Promise<Answer | undefined>;
  /** The answer so far. */
  answerOf(question: string): Promise<Answer | undefined>;
  /** What a job has asked, oldest first. */
  questions(job: string): Promise<readonly AskedQuestion[]>;

  get(job: string): Promise<JobView | undefined>;
  list(filter?: JobFilter): Promise<readonly JobView[]>;
  /** When the last message came (ms since the epoch); what is done on this machine (`machine:…`) is none. */
  heardAt(): Promise<number | undefined>;
  /** The encoded slots that steps below `queue()` had set when the job ended; none while it is open. */
  results(job: string): Promise<Readonly<Record<string, Json>>>;

  /**
   * The oldest unsent notice that each run has for this transport, where that is due and of none of these kinds: the oldest first, or
   * those that were tried least.
   */
  unsent(
    transport: string,
    limit: number,
    except?: readonly NoticeKind[],
    first?: 'oldest' | 'least tried',
  ): Promise<readonly OutboxRow[]>;
  /** Marks a notice sent. */
  sent(row: OutboxRow): Promise<void>;
  /** Keeps a notice until `at` (ms since the epoch; a clock set back ends the wait), or gives it up (undefined). */
  postpone(row: OutboxRow, at: number | undefined, error: string): Promise<void>;
  /** When the next postponed notice of this transport is due (ms since the epoch). */
  nextDue(transport: string): Promise<number | undefined>;

  /**
   * Queues something a transport itself has to tell, that belongs to no run (a gap, say). The same key again is the same notice: it
   * replaces an unsent one, and is dropped once it was sent.
   */
  announce(transport: string, notice: KeyedNotice): Promise<void>;

  /** A small value kept for a transport, a step or a command, such as a cursor. */
  recall(key: string): Promise<Json | undefined>;
  /** `until`: when it is forgotten, in ms since the epoch; never unless given. */
  remember(key: string, value: Json, until?: number): Promise<void>;

  /**
   * Deletes what finished before this time (ms since the epoch); returns how many jobs went. An unsent notice keeps its job for a
   * week at most, since what nobody fetched by then belongs to a transport that is gone. Marks are kept for a week at least.
   */
  prune(before: number): Promise<number>;
  close(): Promise<void>;
}

export const JobStore = token<JobStore>('JobStore');
