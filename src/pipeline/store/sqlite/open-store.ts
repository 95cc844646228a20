import { dirname, resolve } from 'node:path';
import type { Clock } from '../../services.ts';
import type { JobStore } from '../job-store.ts';
import { Database } from './database.ts';
import { older } from './errors.ts';
import { checkPath, inspect } from './inspect.ts';
import { createPrivate, lock } from './lock.ts';
import { isOlder } from './schema.ts';
import { SqliteStore } from './sqlite-store.ts';
import { upgrade } from './upgrade.ts';

type Mode = 'daemon' | 'observe';

interface Opening {
  readonly mode: Mode;
  readonly clock?: Clock;
  /** Told that the database was brought up to date, and where the copy of what it was before lies. */
  readonly tell?: (text: string) => void;
}

/**
 * Opens the job store in a file. `daemon`: takes the folder for this process, and frees the jobs its dead predecessor held;
 * `observe`: looks, and makes small changes, while a daemon may be running; it leaves a database of an older Milton as it is.
 * @throws MiltonError ALREADY_RUNNING, STORE_NEWER, STORE_OLDER, STORE_CORRUPT, STORE_FULL, STORE_READONLY, STORE
 */
export function openStore(path: string, options: Opening): JobStore {
  const file = resolve(path);
  const { mode, clock = { now: Date.now }, tell = () => {} } = options;
  checkPath(file);
  const unlock = mode === 'daemon' ? lock(dirname(file)) : () => {};
  try {
    const store = new SqliteStore(connect(file, mode, tell), clock, unlock);
    return mode === 'daemon' ? store.watchOthers() : store;
  } catch (error) {
    unlock();
    throw error;
  }
}

function connect(file: string, mode: Mode, tell: (text: string) => void): Database {
  const version = inspect(file, mode === 'daemon');
  if (mode === 'observe' && isOlder(version)) throw older(file);
  createPrivate(file);
  const db = new Database(file);
  try {
    // FULL: a power cut must not take back what was acknowledged.
    db.exec('PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA journal_size_limit = 16777216');
    if (mode === 'daemon') upgrade(db, tell);
    else if (version === 0) setUpAlone(db);
    if (mode === 'daemon') db.run(`UPDATE jobs SET lease = 0 WHERE state = 'active'`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** A daemon that starts at the same time must not have its tables made under it. */
function setUpAlone(db: Database): void {
  const unlock = lock(dirname(db.file));
  try {
    upgrade(db, () => {});
  } finally {
    unlock();
  }
}
