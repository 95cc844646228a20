import { existsSync } from 'node:fs';
import type { JobStore } from '../../pipeline/store/job-store.ts';
import { openStore } from '../../pipeline/store/sqlite.ts';
import { databaseFile } from './database-file.ts';
import type { Prepared } from './prepare.ts';

/** Opens the store beside a Milton that may be running; undefined when nothing was ever recorded. */
export function observe(prepared: Pick<Prepared, 'config' | 'folders'>): (JobStore & AsyncDisposable) | undefined {
  const file = databaseFile(prepared);
  if (!existsSync(file)) return undefined;
  const opened = openStore(file, { mode: 'observe' });
  return Object.assign(opened, { [Symbol.asyncDispose]: () => opened.close() });
}
