import { Subject } from 'rxjs';
import type { Json } from '../../json.ts';
import type { Clock } from '../../services.ts';
import type * as Port from '../job-store.ts';
import { accept } from './accept.ts';
import type { Database } from './database.ts';
import { watchForeignWrites } from './foreign-writes.ts';
import { listHeld, resume } from './held.ts';
import { HeldClaims } from './held-claims.ts';
import * as jobs from './jobs.ts';
import { isSeen } from './marks.ts';
import * as outbox from './outbox.ts';
import { prune } from './prune.ts';
import * as questions from './questions.ts';
import { getJob, heardAt, listJobs, resultsOf } from './views.ts';
import type { Write } from './write.ts';

/** The job store in one SQLite file; see JobStore for what each method promises. */
export class SqliteStore implements Port.JobStore {
  readonly #db: Database;
  readonly #clock: Clock;
  readonly #unlock: () => void;
  #unwatch: () => void = () => {};
  readonly #held = new HeldClaims();
  readonly #events = new Subject<Port.StoreEvent>();
  readonly events$ = this.#events.asObservable();

  /** `unlock` is called once the store is closed. */
  constructor(db: Database, clock: Clock, unlock: () => void = () => {}) {
    this.#db = db;
    this.#clock = clock;
    this.#unlock = unlock;
  }

  /** Has `events$` tell of what other processes change as well, until the store is closed. */
  watchOthers(): this {
    this.#unwatch = watchForeignWrites(this.#db, (event) => this.#events.next(event));
    return this;
  }

  async seen(key: string): Promise<boolean> {
    return isSeen({ db: this.#db }, key);
  }

  async accept(acceptance: Port.Acceptance): Promise<'accepted' | 'duplicate'> {
    return this.#write((write) => accept(write, acceptance));
  }

  async held(): Promise<readonly Port.HeldRun[]> {
    return listHeld(this.#db);
  }

  async resume(resumption: Port.Resumption): Promise<'resumed' | 'duplicate' | 'over'> {
    return this.#write((write) => resume(write, resumption));
  }

  async claim(leaseMs: number): Promise<Port.Claim | undefined> {
    const claim = this.#write((write) => jobs.claim(write, leaseMs, this.#held.attempts()));
    if (claim) this.#held.add(claim);
    return claim;
  }

  async heartbeat(claim: Port.Claim, leaseMs: number): Promise<'held' | 'cancelled' | 'lost'> {
    const state = this.#write((write) => jobs.heartbeat(write, claim, leaseMs));
    if (state === 'lost') this.drop(claim);
    return state;
  }

  async checkpoint(
    claim: Port.Claim,
    entry: Port.JournalEntry,
    notices: readonly Port.KeyedNotice[],
  ): Promise<boolean> {
    return this.#write((write) => jobs.checkpoint(write, claim, entry, notices));
  }

  async post(claim: Port.Claim, notices: readonly Port.KeyedNotice[]): Promise<boolean> {
    return this.#write((write) => outbox.post(write, claim, notices));
  }

  async settle(
    claim: Port.Claim,
    outcome: Port.Outcome,
    notices: readonly Port.KeyedNotice[],
    results: Readonly<Record<string, Json>> = {},
  ): Promise<boolean> {
    const settled = this.#write((write) => jobs.settle(write, claim, outcome, notices, results));
    this.drop(claim);
    return settled;
  }

  async release(claim: Port.Claim, notices: readonly Port.KeyedNotice[]): Promise<void> {
    this.#write((write) => jobs.release(write, claim, notices));
    this.drop(claim);
  }

  drop(claim: Port.Claim): void {
    this.#held.delete(claim);
  }

  async ask(
    claim: Port.Claim,
    key: string,
    question: Port.Question,
    notices: readonly Port.KeyedNotice[],
  ): Promise<Port.StoredQuestion> {
    return this.#write((write) => questions.ask(write, claim, key, question, notices));
  }

  async expire(question: string): Promise<Port.Answer | undefined> {
    return this.#write((write) => questions.expire(write, question));
  }

  async answerOf(question: string): Promise<Port.Answer | undefined> {
    return questions.answerOf(this.#db, question);
  }

  async questions(job: string): Promise<readonly Port.AskedQuestion[]> {
    return questions.questionsOf(this.#db, job);
  }

  async get(job: string): Promise<Port.JobView | undefined> {
    return getJob(this.#db, job);
  }

  async list(filter: Port.JobFilter = {}): Promise<readonly Port.JobView[]> {
    return listJobs(this.#db, filter);
  }

  async heardAt(): Promise<number | undefined> {
    return heardAt(this.#db);
  }

  async results(job: string): Promise<Readonly<Record<string, Json>>> {
    return resultsOf(this.#db, job);
  }

  async unsent(...args: Parameters<Port.JobStore['unsent']>): Promise<readonly Port.OutboxRow[]> {
    return outbox.unsent(this.#db, this.#clock.now(), ...args);
  }

  async sent(row: Port.OutboxRow): Promise<void> {
    this.#write((write) => outbox.sent(write, row));
  }

  async postpone(row: Port.OutboxRow, at: number | undefined, error: string): Promise<void> {
    this.#write((write) => outbox.postpone(write, row, at, error));
  }

  async nextDue(transport: string): Promise<number | undefined> {
    return outbox.nextDue(this.#db, transport);
  }

  async announce(transport: string, notice: Port.KeyedNotice): Promise<void> {
    // Each stands for itself, so that none waits for another.
    this.#write((write) => outbox.queueNotices(write, notice.key, transport, [notice]));
  }

  async recall(key: string): Promise<Json | undefined> {
    const row = this.#db.get<{ value: string }>(
      'SELECT value FROM kept WHERE key = ? AND (until IS NULL OR until > ?)',
      key,
      this.#clock.now(),
    );
    return row && (JSON.parse(row.value) as Json);
  }

  async remember(key: string, value: Json, until?: number): Promise<void> {
    this.#write(({ db, now }) => {
      // So they never pile up, however long Milton runs.
      if (until !== undefined) db.run('DELETE FROM kept WHERE until <= ?', now);
      const statement = 'INSERT OR REPLACE INTO kept (key, value, until) VALUES (?, ?, ?)';
      db.run(statement, key, JSON.stringify(value), until ?? null);
    });
  }

  async prune(before: number): Promise<number> {
    return prune(this.#db, before, this.#clock.now());
  }

  async close(): Promise<void> {
    this.#unwatch();
    this.#events.complete();
    this.#db.close();
    this.#unlock();
  }

  #write<T>(work: (write: Write) => T): T {
    const events: Port.StoreEvent[] = [];
    const write: Write = { db: this.#db, now: this.#clock.now(), emit: (event) => events.push(event) };
    const result = this.#db.transaction(() => work(write));
    for (const event of events) this.#events.next(event);
    return result;
  }
}
