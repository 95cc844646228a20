import { explain, MiltonError } from '../../errors.ts';
import { backUp } from './backup.ts';
import type { Database } from './database.ts';
import { migrate, VERSION } from './schema.ts';

/** Brings a database up to date; one that holds something is copied before, and where that or the change fails, it stays as it is. */
export function upgrade(db: Database, tell: (text: string) => void): void {
  // Read anew: another process may just have done it.
  const version = Number(db.pragma('user_version'));
  if (version >= VERSION) return;
  if (version === 0) {
    migrate(db);
    return;
  }
  const copy = backUp(db, version);
  try {
    migrate(db);
  } catch (cause) {
    const what = `${db.file} could not be brought up to date (from format ${version} to ${VERSION}): ${explain(cause)}`;
    throw new MiltonError(cause instanceof MiltonError ? cause.code : 'STORE', `${what} It was left as it is.`, {
      hint: `Install the Milton you had before, which can still read it; a copy is ${copy}.`,
      cause,
    });
  }
  tell(
    `${db.file} was brought up to date (from format ${version} to ${VERSION}); what it was before is kept as ${copy}`,
  );
}
