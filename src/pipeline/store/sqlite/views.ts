import type { Json } from '../../json.ts';
import type { Message } from '../../message.ts';
import type { JobFilter, JobState, JobView } from '../job-store.ts';
import type { Database } from './database.ts';
import { noticesOf } from './outbox.ts';

interface Row {
  id: string;
  lane: string;
  state: JobState;
  attempt: number;
  message: string;
  slots: string;
  created_at: number;
  started_at: number | null;
  finished_at: number | null;
  retry_of: string | null;
  cancel_requested: number;
  marks: string | null;
}

export function getJob(db: Database, id: string): JobView | undefined {
  const row = db.get<Row>('SELECT * FROM jobs WHERE id = ?', id);
  return row && view(db, row);
}

export function listJobs(db: Database, { states, lane, since, limit, newestFirst }: JobFilter): JobView[] {
  const rows = db.all<Row>(
    `SELECT * FROM jobs
     WHERE (?1 IS NULL OR state IN (SELECT value FROM json_each(?1))) AND (?2 IS NULL OR lane = ?2)
       AND (?4 IS NULL OR finished_at IS NULL OR finished_at >= ?4)
     ORDER BY seq ${newestFirst ? 'DESC' : 'ASC'} LIMIT ?3`,
    states && JSON.stringify(states),
    lane,
    limit ?? -1,
    since,
  );
  return rows.map((row) => view(db, row));
}

/** What is typed on the machine was not heard. */
export function heardAt(db: Database): number | undefined {
  const row = db.get<{ at: number | null }>(`SELECT max(at) AS at FROM seen WHERE key NOT LIKE 'machine:%'`);
  return row?.at ?? undefined;
}

export function resultsOf(db: Database, job: string): Readonly<Record<string, Json>> {
  const row = db.get<{ slots: string }>('SELECT slots FROM results WHERE job = ?', job);
  return row ? (JSON.parse(row.slots) as Record<string, Json>) : {};
}

function view(db: Database, row: Row): JobView {
  return {
    id: row.id,
    lane: row.lane,
    state: row.state,
    attempt: row.attempt,
    message: JSON.parse(row.message) as Message,
    slots: JSON.parse(row.slots) as Record<string, Json>,
    createdAt: row.created_at,
    startedAt: row.started_at ?? undefined,
    finishedAt: row.finished_at ?? undefined,
    retryOf: row.retry_of ?? undefined,
    cancelRequested: row.cancel_requested === 1,
    queued: row.marks === null,
    notices: noticesOf(db, row.id),
  };
}
