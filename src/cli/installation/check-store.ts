import { existsSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import { checkPath, inspect } from '../../pipeline/store/sqlite/inspect.ts';
import { databaseFile, usesSqlite } from './database-file.ts';
import type { Prepared } from './prepare.ts';

/**
 * Refuses the database that `milton start` would refuse, without locking or changing it. Other stores than `sqlite()` are not
 * looked into.
 * @throws MiltonError STORE_NEWER, STORE_CORRUPT, STORE_READONLY, STORE
 */
export function checkStore({ config, folders }: Pick<Prepared, 'config' | 'folders'>): void {
  if (!usesSqlite({ config })) return;
  const file = databaseFile({ config, folders });
  const folder = dirname(file);
  const made = Object.values(folders).some((path) => `${path}${sep}`.startsWith(`${folder}${sep}`));
  // Milton's own folders are created at the start; whether they can be is found out with the folders.
  if (made && !existsSync(folder)) return;
  checkPath(file);
  inspect(file, true);
}
