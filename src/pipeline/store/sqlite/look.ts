import { existsSync } from 'node:fs';
import { Database } from './database.ts';
import { inspect } from './inspect.ts';
import { VERSION } from './schema.ts';

/** What a database tells without being changed. */
export interface Look extends Disposable {
  /** A value that a transport keeps. */
  kept(key: string): Readonly<Record<string, unknown>>;
  /** When the last message was taken, whatever it asked for, in ms since the epoch. */
  readonly lastMessage: number | undefined;
}

/** Looks into the database in a file; undefined where there is none, or one of an older Milton, which would have to be changed. */
export function lookInto(file: string): Look | undefined {
  if (!existsSync(file) || inspect(file, false) !== VERSION) return undefined;
  const db = new Database(file, { readOnly: true });
  return {
    kept(key) {
      const row = db.get<{ value: string }>('SELECT value FROM kept WHERE key = ?', key);
      return Object(JSON.parse(row?.value ?? '{}')) as Record<string, unknown>;
    },
    get lastMessage() {
      return db.get<{ at: number | null }>('SELECT max(at) AS at FROM seen')?.at ?? undefined;
    },
    [Symbol.dispose]: () => db.close(),
  };
}
