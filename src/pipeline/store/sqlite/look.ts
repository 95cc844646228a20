import { existsSync } from 'node:fs';
import { Database } from './database.ts';
import { older } from './errors.ts';
import { inspect } from './inspect.ts';
import { isOlder } from './schema.ts';
import { heardAt } from './views.ts';

/** What a database tells without being changed. */
export interface Look extends Disposable {
  /** A value that a transport keeps. */
  kept(key: string): Readonly<Record<string, unknown>>;
  /** When the last message came from a phone, whatever it asked for, in ms since the epoch. */
  readonly heardAt: number | undefined;
}

/**
 * Looks into the database in a file; undefined where there is none.
 * @throws MiltonError STORE_OLDER, STORE_NEWER, STORE_CORRUPT, STORE
 */
export function lookInto(file: string): Look | undefined {
  if (!existsSync(file)) return undefined;
  const version = inspect(file, false);
  if (version === 0) return undefined;
  if (isOlder(version)) throw older(file);
  const db = new Database(file, { readOnly: true });
  return {
    kept(key) {
      const row = db.get<{ value: string }>('SELECT value FROM kept WHERE key = ?', key);
      return Object(JSON.parse(row?.value ?? '{}')) as Record<string, unknown>;
    },
    get heardAt() {
      return heardAt(db);
    },
    [Symbol.dispose]: () => db.close(),
  };
}
