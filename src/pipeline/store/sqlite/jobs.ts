import { MiltonError } from '../../errors.ts';
import type { Json } from '../../json.ts';
import type { Message } from '../../message.ts';
import type { Claim, JournalEntry, KeyedNotice, Outcome } from '../job-store.ts';
import { isHeld } from './fence.ts';
import { post, queueNotices, withdrawQuestions } from './outbox.ts';
import { closeQuestions } from './questions.ts';
import type { Write } from './write.ts';

interface ClaimedRow {
  id: string;
  lane: string;
  attempt: number;
  stalled: number;
  message: string;
  slots: string;
}

interface EntryRow {
  key: string;
  at_most_once: number;
  state: JournalEntry['state'];
  value: string | null;
  note: string | null;
}

/**
 * The job of each lane that is worked on, else its oldest open one, found lane by lane so that a long queue in one costs nothing. An
 * active job need not be the oldest: one that was held takes its place before it.
 */
const FREE_HEAD = `
  WITH RECURSIVE lanes(lane) AS (
    SELECT min(lane) FROM jobs WHERE finished_at IS NULL AND state <> 'held'
    UNION ALL
    SELECT (SELECT min(lane) FROM jobs WHERE finished_at IS NULL AND state <> 'held' AND lane > lanes.lane)
    FROM lanes WHERE lane IS NOT NULL
  )
  SELECT head.seq FROM lanes
  JOIN jobs head ON head.seq = coalesce(
    (SELECT seq FROM jobs WHERE state = 'active' AND lane = lanes.lane),
    (SELECT min(seq) FROM jobs WHERE finished_at IS NULL AND state <> 'held' AND lane = lanes.lane))
  WHERE head.state = 'queued'
    OR (head.lease <= ? AND NOT EXISTS (SELECT 1 FROM json_each(?) WHERE key = head.id AND value = head.attempt))
  ORDER BY head.seq LIMIT 1`;

interface Entry {
  readonly id: string;
  readonly lane: string;
  readonly slots: Readonly<Record<string, Json>>;
  readonly message: Message;
  readonly retryOf?: string;
  /** What a run that is held has marked. */
  readonly marks?: readonly string[];
}

/** Adds a job at the end of its lane; returns how many stand before it. */
export function enqueue(write: Write, entry: Entry): number {
  const before = ahead(write, entry.lane);
  insert(write, entry);
  write.emit({ type: 'queued' });
  return before;
}

/** How many jobs run before the one of this number: those of its lane that came earlier, and the one that is worked on. */
export function ahead({ db }: Write, lane: string, seq = Number.MAX_SAFE_INTEGER): number {
  return db.get<{ ahead: number }>(
    `SELECT count(*) AS ahead FROM jobs
     WHERE finished_at IS NULL AND state <> 'held' AND lane = ? AND (seq < ? OR state = 'active')`,
    lane,
    seq,
  )!.ahead;
}

/** Adds a job; held when it has marks. */
export function insert({ db, now }: Write, { id, lane, message, slots, retryOf, marks }: Entry): void {
  if (db.get('SELECT 1 FROM jobs WHERE id = ?', id)) {
    throw new MiltonError('RUN_ID_TAKEN', `There is already a request ${id}.`);
  }
  db.run(
    'INSERT INTO jobs (id, lane, message, slots, state, marks, retry_of, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    id,
    lane,
    JSON.stringify(message),
    JSON.stringify(slots),
    marks ? 'held' : 'queued',
    marks && JSON.stringify(marks),
    retryOf,
    now,
  );
}

/** `held`: the attempt by which jobs are worked on here; those are not taken over whatever their lease says. */
export function claim({ db, now }: Write, leaseMs: number, held: Readonly<Record<string, number>>): Claim | undefined {
  const head = db.get<{ seq: number }>(FREE_HEAD, now, JSON.stringify(held));
  if (head === undefined) return undefined;
  const { message, slots, ...job } = db.get<ClaimedRow>(
    `UPDATE jobs SET state = 'active', attempt = attempt + 1, stalled = stalled + (state = 'active'), lease = ?,
       started_at = coalesce(started_at, ?)
     WHERE seq = ? RETURNING id, lane, attempt, stalled, message, slots`,
    now + leaseMs,
    now,
    head.seq,
  )!;
  const journal = db.all<EntryRow>(
    'SELECT key, at_most_once, state, value, note FROM journal WHERE job = ? ORDER BY rowid',
    job.id,
  );
  return {
    job: job.id,
    lane: job.lane,
    attempt: job.attempt,
    stalled: job.stalled,
    message: JSON.parse(message) as Message,
    slots: JSON.parse(slots) as Record<string, Json>,
    journal: new Map(
      journal.map(({ at_most_once, ...entry }) => [entry.key, { ...entry, atMostOnce: at_most_once === 1 }]),
    ),
  };
}

export function heartbeat(write: Write, claim: Claim, leaseMs: number): 'held' | 'cancelled' | 'lost' {
  if (!isHeld(write, claim)) return 'lost';
  write.db.run('UPDATE jobs SET lease = ? WHERE id = ?', write.now + leaseMs, claim.job);
  const job = write.db.get<{ cancel: number }>('SELECT cancel_requested AS cancel FROM jobs WHERE id = ?', claim.job)!;
  return job.cancel === 1 ? 'cancelled' : 'held';
}

export function checkpoint(write: Write, claim: Claim, entry: JournalEntry, notices: readonly KeyedNotice[]): boolean {
  if (!post(write, claim, notices)) return false;
  write.db.run('UPDATE jobs SET stalled = 0 WHERE id = ? AND stalled > 0', claim.job);
  write.db.run(
    `INSERT INTO journal (job, key, at_most_once, state, value, note) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (job, key) DO UPDATE SET at_most_once = excluded.at_most_once, state = excluded.state,
       value = excluded.value, note = excluded.note`,
    claim.job,
    entry.key,
    entry.atMostOnce ? 1 : 0,
    entry.state,
    entry.value,
    entry.note,
  );
  return true;
}

export function settle(
  write: Write,
  claim: Claim,
  outcome: Outcome,
  notices: readonly KeyedNotice[],
  results: Readonly<Record<string, Json>>,
): boolean {
  if (!isHeld(write, claim)) return false;
  if (Object.keys(results).length > 0) {
    write.db.run('INSERT OR REPLACE INTO results (job, slots) VALUES (?, ?)', claim.job, JSON.stringify(results));
  }
  finish(write, claim.job, claim.message.transport, outcome, notices);
  return true;
}

/** Ends an open job, whoever holds it. */
export function finish(
  write: Write,
  job: string,
  transport: string,
  outcome: Outcome,
  notices: readonly KeyedNotice[],
): void {
  write.db.run('UPDATE jobs SET state = ?, lease = 0, finished_at = ? WHERE id = ?', outcome, write.now, job);
  closeQuestions(write, job);
  withdrawQuestions(write, job);
  queueNotices(write, job, transport, notices);
  write.emit({ type: 'queued' });
}

export function release(write: Write, claim: Claim, notices: readonly KeyedNotice[]): void {
  if (!post(write, claim, notices)) return;
  // It keeps its place, which is that of its arrival.
  write.db.run(`UPDATE jobs SET state = 'queued', lease = 0 WHERE id = ?`, claim.job);
  write.emit({ type: 'queued' });
}
