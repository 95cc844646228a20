import { MiltonError } from '../../errors.ts';
import type { Notice } from '../../message.ts';
import type { Claim, KeyedNotice, OutboxRow } from '../job-store.ts';
import type { Database } from './database.ts';
import { isHeld } from './fence.ts';
import type { Write } from './write.ts';

/** The key of a job's final notice; only the settling of the job writes it. */
export const FINAL = 'final';

interface Row {
  seq: number;
  run: string;
  key: string;
  notice: string;
  attempts: number;
}

/** The first unsent notice of its run: the later ones wait for it. */
const HEADS = `FROM outbox o WHERE transport = ? AND state = 'unsent'
  AND NOT EXISTS (SELECT 1 FROM outbox p WHERE p.run = o.run AND p.state = 'unsent' AND p.seq < o.seq)`;

/** Queues notices of a run for its transport, in order. */
export function queueNotices(write: Write, run: string, transport: string, notices: readonly KeyedNotice[]): void {
  for (const { key, notice } of notices) queueNotice(write, run, transport, key, notice);
  if (notices.length > 0) write.emit({ type: 'outbox' });
}

function queueNotice({ db, now }: Write, run: string, transport: string, key: string, notice: Notice): void {
  const kind = notice.kind ?? 'progress';
  if (db.get(`SELECT 1 FROM outbox WHERE run = ? AND key = ? AND state <> 'unsent'`, run, key)) return;
  // What it replaces may have been put off because the transport is out; that holds for the newer one as well.
  const replaced = db.all<{ attempts: number; due: number }>(
    `DELETE FROM outbox WHERE run = ?1 AND state = 'unsent' AND (key = ?2 OR (kind = 'progress' AND ?3 = 'progress'))
     RETURNING attempts, due`,
    run,
    key,
    kind,
  );
  db.run(
    'INSERT INTO outbox (run, key, transport, kind, notice, attempts, due, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    run,
    key,
    transport,
    kind,
    JSON.stringify(notice),
    Math.max(0, ...replaced.map((row) => row.attempts)),
    Math.max(0, ...replaced.map((row) => row.due)),
    now,
  );
}

/** Queues what a worker says while its job is open; false when the job is no longer its own. */
export function post(write: Write, claim: Claim, notices: readonly KeyedNotice[]): boolean {
  if (notices.some(({ key }) => key === FINAL)) {
    throw new MiltonError('FINAL_TOO_EARLY', `A "${FINAL}" notice is written when its job is settled, not before.`);
  }
  if (!isHeld(write, claim)) return false;
  queueNotices(write, claim.job, claim.message.transport, notices);
  return true;
}

export function unsent(db: Database, transport: string, limit: number, now: number): OutboxRow[] {
  return db
    .all<Row>(
      `SELECT seq, run, key, notice, attempts ${HEADS} AND due <= ? ORDER BY seq LIMIT ?`,
      transport,
      now,
      limit,
    )
    .map((row) => ({ ...row, notice: JSON.parse(row.notice) as Notice }));
}

export function sent({ db }: Write, row: OutboxRow): void {
  db.run(`UPDATE outbox SET state = 'sent', error = NULL WHERE seq = ? AND state = 'unsent'`, row.seq);
}

export function postpone({ db }: Write, row: OutboxRow, at: number | undefined, error: string): void {
  const state = at === undefined ? 'given-up' : 'unsent';
  db.run(
    `UPDATE outbox SET state = ?, due = ?, attempts = attempts + 1, error = ? WHERE seq = ? AND state = 'unsent'`,
    state,
    at ?? 0,
    error,
    row.seq,
  );
}

export function nextDue(db: Database, transport: string): number | undefined {
  return db.get<{ due: number | null }>(`SELECT min(due) AS due ${HEADS} AND due > 0`, transport)?.due ?? undefined;
}

/** The notices of a run so far, oldest first. */
export function noticesOf(db: Database, run: string): (KeyedNotice & { sent: boolean })[] {
  return db
    .all<{ key: string; notice: string; state: string }>(
      'SELECT key, notice, state FROM outbox WHERE run = ? ORDER BY seq',
      run,
    )
    .map(({ key, notice, state }) => ({ key, notice: JSON.parse(notice) as Notice, sent: state === 'sent' }));
}
