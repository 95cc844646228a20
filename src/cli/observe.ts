import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MiltonError } from '../pipeline/errors.ts';
import type { JobStore } from '../pipeline/store/job-store.ts';
import { DATABASE, openStore } from '../pipeline/store/sqlite.ts';
import type { Prepared } from './prepare.ts';

/** Opens the store beside a Milton that may be running; undefined when nothing was ever recorded. */
export function observe({
  config,
  folders,
}: Pick<Prepared, 'config' | 'folders'>): (JobStore & AsyncDisposable) | undefined {
  const store = config?.store;
  if (store && store.name !== 'sqlite') {
    throw new MiltonError('STORE_FOREIGN', `This command cannot look into the store ${store.name}().`, {
      hint: 'It reads sqlite() only.',
    });
  }
  const file = typeof store?.input.file === 'string' ? store.input.file : join(folders.state, DATABASE);
  if (!existsSync(file)) return undefined;
  const opened = openStore(file, { mode: 'observe' });
  return Object.assign(opened, { [Symbol.asyncDispose]: () => opened.close() });
}
