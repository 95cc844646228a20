import { setImmediate as turn } from 'node:timers/promises';
import type { Database } from './database.ts';

/** A mark must outlive the servers' caches, from which a message may come again. */
const KEEP_MARKS = 7 * 24 * 3600 * 1000;
/** Jobs per transaction, and pages per vacuum step: a daemon on the same file waits only this long for its turn. */
const BATCH = 200;

/** Deletes what finished before a time, except where a notice of it still waits; returns how many jobs went. */
export async function prune(db: Database, before: number, now: number): Promise<number> {
  const jobs = await inBatches(db, () => pruneJobs(db, before));
  await inBatches(db, () =>
    db.run(
      `DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox o WHERE created_at < ? AND state <> 'unsent'
         AND NOT EXISTS (SELECT 1 FROM jobs WHERE id = o.run) LIMIT ${BATCH})`,
      before,
    ),
  );
  await inBatches(db, () =>
    db.run(
      `DELETE FROM seen WHERE key IN (SELECT key FROM seen WHERE at < ? LIMIT ${BATCH})`,
      Math.min(before, now - KEEP_MARKS),
    ),
  );
  for (let free = freePages(db), last = free + 1; free > 0 && free < last; last = free, free = freePages(db)) {
    db.all(`PRAGMA incremental_vacuum(${BATCH})`);
    await turn();
  }
  db.exec('PRAGMA optimize');
  return jobs;
}

const freePages = (db: Database) => Number(db.pragma('freelist_count'));

function pruneJobs(db: Database, before: number): number {
  const gone = db.all<{ id: string }>(
    `DELETE FROM jobs WHERE seq IN (SELECT seq FROM jobs j WHERE finished_at < ?
       AND NOT EXISTS (SELECT 1 FROM outbox WHERE run = j.id AND state = 'unsent') LIMIT ${BATCH}) RETURNING id`,
    before,
  );
  for (const { id } of gone) db.run('DELETE FROM outbox WHERE run = ?', id);
  return gone.length;
}

async function inBatches(db: Database, remove: () => number): Promise<number> {
  let removed = 0;
  for (;;) {
    const count = db.transaction(remove);
    removed += count;
    if (count < BATCH) return removed;
    await turn();
  }
}
