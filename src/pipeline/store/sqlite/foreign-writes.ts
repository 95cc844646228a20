import type { StoreEvent } from '../job-store.ts';
import type { Database } from './database.ts';

/** How often it is looked whether somebody else has written, in ms. */
const LOOK = 1000;

/** Tells of what other processes change (`milton runs cancel`, `milton approve`), which this one would else see much later. Call what it returns to end it. */
export function watchForeignWrites(db: Database, emit: (event: StoreEvent) => void): () => void {
  let known = db.pragma('data_version');
  const timer = setInterval(() => {
    try {
      const version = db.pragma('data_version');
      if (version === known) return;
      known = version;
      for (const event of hints(db)) emit(event);
    } catch {
      // Whoever uses the store next hears what is wrong with it.
    }
  }, LOOK);
  timer.unref();
  return () => clearInterval(timer);
}

/** All that may be new: nobody minds a hint too many. */
function hints(db: Database): StoreEvent[] {
  const ids = (sql: string) => db.all<{ id: string }>(sql).map(({ id }) => id);
  const cancelled = ids(`SELECT id FROM jobs WHERE state = 'active' AND cancel_requested = 1`);
  const answered = ids(
    `SELECT q.id FROM questions q JOIN jobs j ON j.id = q.job WHERE j.finished_at IS NULL AND q.answer IS NOT NULL AND q.closed = 0`,
  );
  return [
    ...(['queued', 'held', 'outbox'] as const).map((type) => ({ type })),
    ...cancelled.map((job) => ({ type: 'cancel' as const, job })),
    ...answered.map((question) => ({ type: 'answer' as const, question })),
  ];
}
