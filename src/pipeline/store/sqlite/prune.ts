import { setImmediate as turn } from 'node:timers/promises';
import type { Database } from './database.ts';

/** Marks must outlive the servers' caches, from which a message may come again; notices a transport that is out for days. */
const KEEP = 7 * 24 * 3600 * 1000;
/** Jobs per transaction, and pages per vacuum step: a daemon on the same file waits only this long for its turn. */
const BATCH = 200;

/** Deletes what finished before a time, what has waited for its sending in vain as well; returns how many jobs went. */
export async function prune(db: Database, before: number, now: number): Promise<number> {
  const long = Math.min(before, now - KEEP);
  const jobs = await inBatches(db, () => pruneJobs(db, before, long));
  await inBatches(db, () =>
    db.run(
      `DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox o WHERE created_at < ? AND (state <> 'unsent' OR created_at < ?)
         AND NOT EXISTS (SELECT 1 FROM jobs WHERE id = o.run) LIMIT ${BATCH})`,
      before,
      long,
    ),
  );
  await inBatches(db, () =>
    db.run(`DELETE FROM seen WHERE key IN (SELECT key FROM seen WHERE at < ? LIMIT ${BATCH})`, long),
  );
  await inBatches(db, () =>
    db.run(`DELETE FROM kept WHERE key IN (SELECT key FROM kept WHERE until <= ? LIMIT ${BATCH})`, now),
  );
  for (let free = freePages(db), last = free + 1; free > 0 && free < last; last = free, free = freePages(db)) {
    db.all(`PRAGMA incremental_vacuum(${BATCH})`);
    await turn();
  }
  db.exec('PRAGMA optimize');
  return jobs;
}

const freePages = (db: Database) => Number(db.pragma('freelist_count'));

function pruneJobs(db: Database, before: number, long: number): number {
  const gone = db.all<{ id: string }>(
    `DELETE FROM jobs WHERE seq IN (SELECT seq FROM jobs j WHERE finished_at < ?
       AND (finished_at < ? OR NOT EXISTS (SELECT 1 FROM outbox WHERE run = j.id AND state = 'unsent')) LIMIT ${BATCH})
     RETURNING id`,
    before,
    long,
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
