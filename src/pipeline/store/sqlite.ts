import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { defineStore } from '../part.ts';
import { Clock, Folders } from '../services.ts';
import type { JobStore } from './job-store.ts';
import { Database } from './sqlite/database.ts';
import { checkPath, inspect } from './sqlite/inspect.ts';
import { createPrivate, lock } from './sqlite/lock.ts';
import { migrate, VERSION } from './sqlite/schema.ts';
import { SqliteStore } from './sqlite/sqlite-store.ts';

export { type Holder, holder } from './sqlite/lock.ts';

/** The file's name in the state folder. */
export const DATABASE = 'milton.db';

/** Keeps requests in one SQLite file; `file` is `milton.db` in the state folder when absent. */
export const sqlite = defineStore({
  name: 'sqlite',
  options: z.strictObject({ file: z.string().min(1).optional() }),
  create(host) {
    const file = host.options.file ?? join(host.get(Folders).state, DATABASE);
    const store = openStore(file, { mode: 'daemon', clock: host.get(Clock) });
    host.onClose(() => store.close());
    return store;
  },
});

/**
 * Opens the store. `daemon`: takes the folder for this process, and frees the jobs its dead predecessor held; `observe`: looks,
 * and makes small changes, while a daemon may be running.
 * @throws MiltonError ALREADY_RUNNING, STORE_NEWER, STORE_CORRUPT, STORE_FULL, STORE_READONLY, STORE
 */
export function openStore(
  path: string,
  options: { readonly mode: 'daemon' | 'observe'; readonly clock?: Clock },
): JobStore {
  const file = resolve(path);
  const { mode, clock = { now: Date.now } } = options;
  checkPath(file);
  const unlock = mode === 'daemon' ? lock(dirname(file)) : () => {};
  try {
    const db = connect(file, mode);
    return new SqliteStore(db, clock, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

function connect(file: string, mode: 'daemon' | 'observe'): Database {
  const version = inspect(file, mode === 'daemon');
  createPrivate(file);
  const db = new Database(file);
  try {
    // A power cut must not take back what was acknowledged.
    db.exec('PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 16777216');
    if (version < VERSION) migrateAlone(db, mode);
    if (mode === 'daemon') db.run(`UPDATE jobs SET lease = 0 WHERE state = 'active'`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** A running daemon of an older version must not have its tables changed under it. */
function migrateAlone(db: Database, mode: 'daemon' | 'observe'): void {
  const unlock = mode === 'observe' ? lock(dirname(db.file)) : () => {};
  try {
    migrate(db);
  } finally {
    unlock();
  }
}
