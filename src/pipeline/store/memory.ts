import type { Clock } from '../services.ts';
import type { JobStore } from './job-store.ts';
import { Database } from './sqlite/database.ts';
import { migrate } from './sqlite/schema.ts';
import { SqliteStore } from './sqlite/sqlite-store.ts';

/** A store that forgets everything when it is closed: for checks and tests. */
export function memoryStore(clock: Clock = { now: Date.now }): JobStore {
  const db = new Database(':memory:');
  migrate(db);
  return new SqliteStore(db, clock, () => {});
}
