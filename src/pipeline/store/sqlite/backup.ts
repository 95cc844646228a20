import {
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { explain, MiltonError } from '../../errors.ts';
import { Database } from './database.ts';
import { isLink, storeError } from './errors.ts';

/** How many are kept. */
const KEPT = 3;
const NAME = /\.v(\d+)-(\d{8}T\d{6}Z)\.bak$/;
const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** The folder beside a database that holds its backups; agents may not read it. */
export const backupFolder = (file: string): string => `${file}-backups`;

/**
 * Copies a database as it is, before its tables are changed; returns the copy's path, which appears only when it is whole.
 * @throws MiltonError STORE_FULL, STORE_READONLY, STORE
 */
export function backUp(db: Database, version: number): string {
  const folder = backupFolder(db.file);
  const part = join(folder, 'part');
  const stamp = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const copy = join(folder, `${basename(db.file)}.v${version}-${stamp}.bak`);
  try {
    makeFolder(folder);
    removePart(part);
    // VACUUM takes an empty file for a new one, and leaves its mode.
    closeSync(openSync(part, CREATE, 0o600));
    db.run('VACUUM INTO ?', part);
    finish(part);
    renameSync(part, copy);
    sync(folder);
  } catch (error) {
    removePart(part);
    throw notCopied(db.file, error);
  }
  for (const old of backupsOf(db.file).slice(KEPT)) rmSync(old.path, { force: true });
  return copy;
}

/** The backups of a database, the newest first. */
export function backupsOf(file: string): readonly { readonly path: string; readonly version: number }[] {
  const folder = backupFolder(file);
  const names = lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(folder) : [];
  return names
    .flatMap((name) => {
      const [, version, stamp = ''] = NAME.exec(name) ?? [];
      return version === undefined ? [] : [{ path: join(folder, name), version: Number(version), stamp }];
    })
    .sort((a, b) => (a.stamp === b.stamp ? b.version - a.version : a.stamp < b.stamp ? 1 : -1));
}

/** How the newest backup that a Milton of this version can read is put back; undefined where there is none. */
export function howToGoBack(file: string, version: number): string | undefined {
  const found = backupsOf(file).find((each) => each.version <= version);
  if (!found) return undefined;
  return `To go back to what was before the upgrade, stop Milton, move ${file}, ${file}-wal and ${file}-shm away, and copy ${found.path} to ${file}.`;
}

function makeFolder(folder: string): void {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (found?.isSymbolicLink()) throw isLink(folder);
  if (!found) mkdirSync(folder, { mode: 0o700 });
}

/** A Milton of that version makes this setting for new files only. */
function finish(part: string): void {
  const db = new Database(part);
  try {
    db.exec('PRAGMA journal_mode = WAL');
  } finally {
    db.close();
  }
  sync(part);
}

function sync(path: string): void {
  const descriptor = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function removePart(part: string): void {
  for (const end of ['', '-journal', '-wal', '-shm']) rmSync(`${part}${end}`, { force: true });
}

function notCopied(file: string, error: unknown): MiltonError {
  const cause = storeError(error, backupFolder(file));
  const code = cause instanceof MiltonError ? cause.code : 'STORE';
  const megabytes = Math.ceil((statSync(file, { throwIfNoEntry: false })?.size ?? 0) / 1e6);
  const message = `${file} is of an older Milton, and could not be copied before it is brought up to date: ${
    code === 'STORE_FULL' ? 'the disk is full.' : explain(cause)
  } Nothing was changed.`;
  const hint =
    code === 'STORE_FULL'
      ? `Free ${megabytes} MB for the copy in ${dirname(file)}, or run the Milton you had before.`
      : 'Mend that and start Milton again, or run the Milton you had before.';
  return new MiltonError(code, message, { hint, cause });
}
