import { join, resolve } from 'node:path';
import { MiltonError } from '../../pipeline/errors.ts';
import { DATABASE, sqlite } from '../../pipeline/store/sqlite.ts';
import type { Prepared } from './prepare.ts';

type Place = Pick<Prepared, 'config' | 'folders'>;

/** Where the configured store keeps its database, whether it exists yet or not; the lock lies in the same folder. */
export function databaseFile({ config, folders }: Place): string {
  if (!usesSqlite({ config })) {
    throw new MiltonError('STORE_FOREIGN', `This command cannot look into the store ${config?.store.name}().`, {
      hint: 'It reads sqlite() only.',
    });
  }
  const file = config?.store.input.file;
  return typeof file === 'string' && file !== '' ? resolve(file) : join(folders.state, DATABASE);
}

/** Whether the configured store is `sqlite()`, under whatever name. */
export const usesSqlite = ({ config }: Pick<Place, 'config'>): boolean =>
  !config || config.store.schema === sqlite().schema;
