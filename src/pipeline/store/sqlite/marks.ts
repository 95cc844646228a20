import type { Write } from './write.ts';

export function isSeen({ db }: Pick<Write, 'db'>, key: string): boolean {
  return db.get('SELECT 1 FROM seen WHERE key = ?', key) !== undefined;
}

/** Marks keys as seen; false when one of them was already, and then none is. */
export function mark(write: Write, keys: readonly string[]): boolean {
  if (keys.some((key) => isSeen(write, key))) return false;
  for (const key of keys) write.db.run('INSERT OR IGNORE INTO seen (key, at) VALUES (?, ?)', key, write.now);
  return true;
}
