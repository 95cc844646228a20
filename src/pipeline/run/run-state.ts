import { createHash } from 'node:crypto';
import { final, MiltonError } from '../errors.ts';
import type { Json } from '../json.ts';
import type { Message, Notice } from '../message.ts';
import type { Conclusion } from '../plugin.ts';
import type { Clean } from '../services/clean.ts';
import { type AnySlot, decodeSlot } from '../slot.ts';
import type { Answer, Claim, Effect, JobStore, JournalEntry, KeyedNotice, Question } from '../store/job-store.ts';

/**
 * How a run must end, whatever its steps make of the exception: cancelled by the person, interrupted by a crash in work that
 * may not be repeated, released by a shutdown (queued again), lost to another worker, or held above `queue()` until a person has
 * answered.
 */
export type Fate = 'cancelled' | 'interrupted' | 'released' | 'lost' | 'held';

/** What a fate's error says where no reason was given. */
export const fateMessage = (fate: Fate) => `The run is ${fate}.`;

/** Why a run cannot go on whose pipeline or configuration leads past work that had begun. */
export const goneMessage = (key: string) =>
  `The pipeline was changed while this request ran: "${key}" had begun and is gone.`;

/** What a working run needs of the orchestrator. */
export interface Desk {
  /** Gives the run's place to others while it waits for a person. */
  park(): void;
  unpark(): void;
  /** Milliseconds since the epoch, by Milton's clock. */
  now(): number;
  /** Cleans what is asked before it is cut. */
  readonly clean: Clean;
  /** Resolves once all that was sent through a transport until now must have come; rejects when the signal aborts. */
  caughtUp(transport: string, signal: AbortSignal): Promise<void>;
}

interface StateOptions {
  readonly id: string;
  readonly message: Message;
  readonly store: JobStore;
  readonly claim?: Claim;
  readonly desk?: Desk;
  readonly seen?: readonly string[];
  readonly answers?: ReadonlyMap<string, Answer>;
}

/** Everything known of one run while it passes through the chain; steps see it only through their `Run`. */
export class RunState {
  readonly id: string;
  /** As the steps so far have left it. */
  message: Message;
  /** As it came, which is what the steps get that run again from the top. */
  readonly original: Message;
  readonly store: JobStore;
  /** Absent above `queue()`. */
  readonly claim: Claim | undefined;
  readonly desk: Desk | undefined;
  readonly abort = new AbortController();
  readonly encoded: Record<string, Json>;
  /** Results of finished `run.step`s: those of earlier attempts, and this one's as they come. */
  readonly journal: Map<string, JournalEntry>;
  /** Keys of at-most-once entries in the journal that this attempt has not reached yet. */
  readonly unreached = new Set<string>();
  /** The keys it has marked; of a run that was held, those of earlier passes too. */
  readonly seen: string[];
  /** What was answered above `queue()` so far, by question. */
  readonly answers: ReadonlyMap<string, Answer>;
  readonly effects: Effect[] = [];
  lane: string;
  queued = false;
  /** Nothing of it is to be stored. */
  ignored = false;
  fate: Fate | undefined;
  /** The person cancelled it, but work that had begun before a crash must be recovered first. */
  cancelPending = false;
  readonly #left = new AbortController();
  /** Aborts once this process gives the run up, however it ends, so that nothing of it is waited for any longer. */
  readonly left: AbortSignal = this.#left.signal;
  /** How many questions of it wait for a person just now. */
  asking = 0;
  /** All it did when it was left was to wait for a person. */
  leftAsking = false;
  /** The chain has returned or was given up; handles that are still in use do nothing any more. */
  over = false;
  conclusion: Conclusion | undefined;
  /** The question it is held for. */
  asked: { readonly key: string; readonly question: Question } | undefined;
  /** What steps below `queue()` have set, to be kept with the run's end. */
  readonly results: Record<string, Json> = {};
  readonly #values = new Map<string, unknown>();
  #notices: KeyedNotice[] = [];

  constructor(options: StateOptions) {
    this.id = options.id;
    this.message = options.message;
    this.original = options.message;
    this.store = options.store;
    this.claim = options.claim;
    this.desk = options.desk;
    this.seen = [...(options.seen ?? [])];
    this.answers = options.answers ?? new Map();
    this.lane = options.claim?.lane ?? '';
    this.encoded = { ...options.claim?.slots };
    this.journal = new Map(options.claim?.journal);
    for (const entry of this.journal.values()) if (entry.atMostOnce) this.unreached.add(entry.key);
  }

  /** Seals the run's fate (the first one stands) and aborts it; returns the error that carries it through the chain. */
  end(fate: Fate, why?: string): Error {
    this.fate ??= fate;
    const error = final(new MiltonError(`RUN_${this.fate.toUpperCase()}`, why ?? fateMessage(this.fate)));
    if (!this.abort.signal.aborted) this.abort.abort(error);
    return error;
  }

  /** Cancels the run: at once, or as soon as what had begun before a crash is recovered. */
  cancel(): void {
    if (this.#gone() !== undefined) this.cancelPending = true;
    else this.end('cancelled');
  }

  /**
   * Called when the chain is over. What had begun before a crash and was not come by again is neither done nor failed, whatever
   * the steps say: nobody has looked at what came of it.
   */
  close(): void {
    const gone = this.#gone();
    if (gone !== undefined) this.end(this.cancelPending ? 'cancelled' : 'interrupted', goneMessage(gone));
    else if (this.cancelPending) this.end('cancelled');
  }

  /** The key of at-most-once work that had begun before a crash and that this attempt has not reached. */
  #gone(): string | undefined {
    return [...this.unreached].find((key) => this.journal.get(key)?.state === 'begun');
  }

  /** Ends the run here, to be taken up again later; one whose fate is sealed already only has less time for its end. */
  leave(): void {
    if (this.left.aborted) return;
    this.leftAsking = this.asking > 0;
    this.#left.abort();
    this.end('released', 'Milton is stopping.');
  }

  /** Remembers what the steps so far have staged; calling the result takes back what came after. */
  savepoint(): () => void {
    const { conclusion, message, ignored } = this;
    const [seen, effects, notices] = [this.seen.length, this.effects.length, [...this.#notices]];
    return () => {
      this.seen.length = seen;
      this.effects.length = effects;
      this.conclusion = conclusion;
      this.message = message;
      this.ignored = ignored;
      // Below queue() they are on their way already.
      if (this.claim === undefined) this.#notices = notices;
    };
  }

  has(name: string): boolean {
    return this.#values.has(name) || name in this.encoded;
  }

  read(slot: AnySlot): unknown {
    const { name } = slot;
    if (this.#values.has(name)) return this.#values.get(name);
    const stored = this.encoded[name];
    if (stored === undefined) return undefined;
    try {
      const value = decodeSlot(slot, stored);
      this.#values.set(name, value);
      return value;
    } catch (cause) {
      const what = `"${name}" was stored by an older pipeline and no longer fits its schema.`;
      throw final(new MiltonError('SLOT_CHANGED', what, { hint: 'Send the request again.', cause }));
    }
  }

  write(name: string, value: unknown, encoded: Json): void {
    this.#values.set(name, value);
    // Below queue() a crash replays the chain, which sets its slots again; only what intake set must be stored at once.
    if (this.claim === undefined) this.encoded[name] = encoded;
    else this.results[name] = encoded;
  }

  /** Keeps a notice for the next write to the store; the same key again replaces it. */
  notice(step: string, notice: Notice): void {
    const key = `${step}:${notice.key ?? digest(notice)}`;
    this.#notices = this.#notices.filter((kept) => kept.key !== key);
    this.#notices.push({ key, notice });
  }

  /** Writes the notices kept so far together with something else; they are kept again when that fails. */
  async withNotices<T>(write: (notices: readonly KeyedNotice[]) => Promise<T>): Promise<T> {
    const notices = this.takeNotices();
    try {
      return await write(notices);
    } catch (error) {
      const newer = new Set(this.#notices.map((notice) => notice.key));
      this.#notices.unshift(...notices.filter((notice) => !newer.has(notice.key)));
      throw error;
    }
  }

  takeNotices(): KeyedNotice[] {
    const taken = this.#notices;
    this.#notices = [];
    return taken;
  }
}

const digest = ({ title, body }: Notice) =>
  createHash('sha256')
    .update(`${title}\0${body ?? ''}`)
    .digest('base64url')
    .slice(0, 12);
