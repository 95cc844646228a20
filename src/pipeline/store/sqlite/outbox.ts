import { MiltonError } from '../../errors.ts';
import type { Notice, NoticeKind } from '../../message.ts';
import type { Claim, JobView, KeyedNotice, OutboxRow } from '../job-store.ts';
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

/** The first unsent notice of its run on its transport: the later ones wait for it. */
const HEADS = `FROM outbox o WHERE transport = ?1 AND state = 'unsent'
  AND NOT EXISTS (SELECT 1 FROM outbox p WHERE p.run = o.run AND p.transport = o.transport AND p.state = 'unsent' AND p.seq < o.seq)`;

/** Queues notices of a run for its transport, in order. */
export function queueNotices(write: Write, run: string, transport: string, notices: readonly KeyedNotice[]): void {
  for (const { key, notice } of notices) queueNotice(write, run, transport, key, notice);
  if (notices.length > 0) write.emit({ type: 'outbox' });
}

function queueNotice({ db, now }: Write, run: string, transport: string, key: string, notice: Notice): void {
  const kind = notice.kind ?? 'progress';
  if (db.get(`SELECT 1 FROM outbox WHERE run = ? AND key = ? AND state <> 'unsent'`, run, key)) return;
  // Progress that was put off makes way for anything newer.
  const replaced = db.all<{ kind: string; attempts: number; due: number; postponed_at: number }>(
    `DELETE FROM outbox WHERE run = ?1 AND state = 'unsent'
       AND (key = ?2 OR (kind = 'progress' AND transport = ?4 AND (?3 = 'progress' OR attempts > 0)))
     RETURNING kind, attempts, due, postponed_at`,
    run,
    key,
    kind,
    transport,
  );
  // The transport may be out or have its fill: what held for one of its kind holds for this one as well.
  const alike = replaced.filter((row) => row.kind === kind);
  db.run(
    `INSERT INTO outbox (run, key, transport, kind, notice, attempts, due, postponed_at, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    run,
    key,
    transport,
    kind,
    JSON.stringify(notice),
    Math.max(0, ...alike.map((row) => row.attempts)),
    Math.max(0, ...alike.map((row) => row.due)),
    Math.max(0, ...alike.map((row) => row.postponed_at)),
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

/** Gives up what a run that is over would still ask. */
export function withdrawQuestions({ db }: Write, run: string): void {
  db.run(`UPDATE outbox SET state = 'given-up' WHERE run = ? AND kind = 'question' AND state = 'unsent'`, run);
}

export function unsent(
  db: Database,
  now: number,
  transport: string,
  limit: number,
  except: readonly NoticeKind[] = [],
  first: 'oldest' | 'least tried' = 'oldest',
): OutboxRow[] {
  // The order by age is that of an index, however many wait.
  const order = first === 'oldest' ? 'seq' : 'attempts, seq';
  return db
    .all<Row>(
      // Postponed in the future: the clock was set back since then, and the notice must not wait for as long as that.
      `SELECT seq, run, key, notice, attempts ${HEADS} AND (due <= ?2 OR postponed_at > ?2)
         AND kind NOT IN (SELECT value FROM json_each(?4)) ORDER BY ${order} LIMIT ?3`,
      transport,
      now,
      limit,
      JSON.stringify(except),
    )
    .map((row) => ({ ...row, notice: JSON.parse(row.notice) as Notice }));
}

export function sent({ db }: Write, row: OutboxRow): void {
  // Whatever has become of it meanwhile: a question on its way is given up when its run ends.
  db.run(`UPDATE outbox SET state = 'sent', error = NULL WHERE seq = ?`, row.seq);
}

export function postpone({ db, now }: Write, row: OutboxRow, at: number | undefined, error: string): void {
  const state = at === undefined || isSuperseded(db, row) ? 'given-up' : 'unsent';
  db.run(
    `UPDATE outbox SET state = ?, due = ?, postponed_at = ?, attempts = attempts + 1, error = ?
     WHERE seq = ? AND state = 'unsent'`,
    state,
    at ?? 0,
    now,
    error,
    row.seq,
  );
}

/** Progress that must wait is not worth that anything newer of its run waits with it. */
const isSuperseded = (db: Database, { seq }: OutboxRow) =>
  db.get(
    `SELECT 1 FROM outbox o JOIN outbox p ON p.run = o.run AND p.transport = o.transport AND p.state = 'unsent' AND p.seq > o.seq
     WHERE o.seq = ? AND o.kind = 'progress'`,
    seq,
  ) !== undefined;

export function nextDue(db: Database, transport: string): number | undefined {
  return db.get<{ due: number | null }>(`SELECT min(due) AS due ${HEADS} AND due > 0`, transport)?.due ?? undefined;
}

/** The notices of a run so far, oldest first. */
export function noticesOf(db: Database, run: string): JobView['notices'] {
  return db
    .all<{ key: string; notice: string; state: string; at: number }>(
      'SELECT key, notice, state, created_at AS at FROM outbox WHERE run = ? ORDER BY seq',
      run,
    )
    .map(({ key, notice, state, at }) => ({ key, notice: JSON.parse(notice) as Notice, sent: state === 'sent', at }));
}
