import { accessSync, constants, lstatSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { MiltonError } from '../../errors.ts';
import { howToGoBack } from './backup.ts';
import { Database } from './database.ts';
import { corrupt, isLink, needsRollback, readOnly } from './errors.ts';
import { APPLICATION_ID, VERSION } from './schema.ts';

/** Larger files take too long to read through at every start. */
const MOST_BYTES_CHECKED = 256 * 2 ** 20;

/** Refuses a path where no database can be. */
export function checkPath(file: string): void {
  const folder = dirname(file);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new MiltonError('STORE', `${folder} is not a folder, so ${file} cannot be opened.`, {
      hint: 'Create the folder, or set STATE_DIR to another one.',
    });
  }
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (found?.isSymbolicLink()) throw isLink(file);
  if (found && !found.isFile()) {
    throw new MiltonError('STORE', `${file} is not a file.`, { hint: 'Name a file: sqlite({ file: … }).' });
  }
  for (const path of found ? [folder, file] : [folder]) {
    try {
      accessSync(path, constants.R_OK | constants.W_OK);
    } catch (cause) {
      throw readOnly(path, cause);
    }
  }
}

/**
 * Refuses a database that is not Milton's, of a newer Milton, or damaged, without writing to it; returns its version, 0 for a new one.
 * `thorough` reads the whole file.
 */
export function inspect(file: string, thorough: boolean): number {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0) return 0;
  const db = openToRead(file);
  try {
    const version = Number(db.pragma('user_version'));
    const tables = db.get<{ count: number }>('SELECT count(*) AS count FROM sqlite_schema')!.count;
    if (tables > 0 && db.pragma('application_id') !== APPLICATION_ID) {
      throw new MiltonError('STORE', `${file} belongs to another program.`, {
        hint: 'Name another file: sqlite({ file: … }).',
      });
    }
    if (version > VERSION) {
      const what = `${file} was written by a newer Milton (format ${version}; this one knows ${VERSION}).`;
      const hint = ['Update Milton, or set STATE_DIR to another folder.', howToGoBack(file, VERSION)];
      throw new MiltonError('STORE_NEWER', what, { hint: hint.filter(Boolean).join(' ') });
    }
    if (thorough && size <= MOST_BYTES_CHECKED) {
      const found = db.pragma('quick_check(1)');
      if (found !== 'ok') throw corrupt(file, String(found));
    }
    return version;
  } finally {
    db.close();
  }
}

function openToRead(file: string): Database {
  // A connection that may not write does not fold the write-ahead log into the file when it closes.
  const db = new Database(file, { readOnly: true });
  try {
    db.pragma('user_version');
    return db;
  } catch (error) {
    db.close();
    if (!needsRollback((error as Error).cause)) throw error;
    return new Database(file);
  }
}
