import { MiltonError } from '../../errors.ts';

/** The primary result codes of SQLite that a person can do something about. */
const CODES = {
  PERM: 3,
  BUSY: 5,
  NOMEM: 7,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  NOTADB: 26,
} as const;

const READONLY_ROLLBACK = 776;

/** The primary result code of an error SQLite raised, without its extension; undefined for any other error. */
function sqliteCode(error: unknown): number | undefined {
  const { errcode } = error as { errcode?: unknown };
  return typeof errcode === 'number' ? errcode & 0xff : undefined;
}

/** Whether another connection held the lock for too long. */
export const isBusy = (error: unknown): boolean => sqliteCode(error) === CODES.BUSY;

/** Whether a connection that may not write would first have to undo what a crash left half written. */
export const needsRollback = (error: unknown): boolean =>
  (error as { errcode?: unknown }).errcode === READONLY_ROLLBACK;

/** The error a person is shown for a failure of the database or its folder; failures that only a programmer can mend stay as they are. */
export function storeError(error: unknown, file: string): unknown {
  const cause = error;
  switch (sqliteCode(error)) {
    case CODES.CORRUPT:
    case CODES.NOTADB:
      return corrupt(file, (error as Error).message, cause);
    case CODES.FULL:
      return full(file, cause);
    case CODES.READONLY:
    case CODES.PERM:
      return readOnly(file, cause);
    case CODES.BUSY:
      return new MiltonError('STORE', `${file} is in use by another program.`, {
        hint: 'Try again in a moment.',
        cause,
      });
    case CODES.NOMEM:
    case CODES.IOERR:
    case CODES.CANTOPEN:
      return new MiltonError('STORE', `${file} cannot be used: ${(error as Error).message}.`, {
        hint: 'Check the disk and the permissions of the folder.',
        cause,
      });
  }
  switch ((error as { code?: unknown }).code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return full(file, cause);
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return readOnly(file, cause);
    case 'ERR_INVALID_STATE':
      return new MiltonError('CLOSED', 'The job store is closed.', { cause });
  }
  return error;
}

const full = (file: string, cause: unknown) =>
  new MiltonError('STORE_FULL', `The disk that holds ${file} is full, so nothing was recorded.`, {
    hint: 'Free some space. A Milton that is running then goes on by itself; otherwise start it again.',
    cause,
  });

/** The error for a database that SQLite cannot read. */
export function corrupt(file: string, why: string, cause?: unknown): MiltonError {
  return new MiltonError('STORE_CORRUPT', `${file} is damaged (${why}). It was left as it is.`, {
    hint: `Put a backup in its place, or move ${file}* away to start with an empty one.`,
    cause,
  });
}

/** The error for a link in the place of a file of the store: SQLite would follow it. */
export const isLink = (path: string): MiltonError =>
  new MiltonError('STORE', `${path} is a symbolic link, and Milton would write to where it leads.`, {
    hint: 'Remove it, or name the file it points to: sqlite({ file: … }).',
  });

/** The error for a database or folder that may not be written to. */
export function readOnly(path: string, cause?: unknown): MiltonError {
  return new MiltonError('STORE_READONLY', `${path} cannot be written to.`, {
    hint: 'Make it writable for the user who runs Milton, or set STATE_DIR to another folder.',
    cause,
  });
}

/** Only a start changes a database of an older Milton. */
export function older(file: string): MiltonError {
  return new MiltonError(
    'STORE_OLDER',
    `${file} was written by an older Milton, and is brought up to date when Milton starts.`,
    { hint: 'Run: milton start, or milton service restart.' },
  );
}
