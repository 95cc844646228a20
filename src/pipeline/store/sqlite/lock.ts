import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { MiltonError } from '../../errors.ts';
import { Database } from './database.ts';
import { isBusy, isLink, storeError } from './errors.ts';

/** Who runs on a state folder; fields are missing in the instant before the holder has written them down. */
export interface Holder {
  readonly pid?: number;
  /** When it started (ISO 8601). */
  readonly since?: string;
  readonly host?: string;
}

const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW;

/** How long a start waits for the lock, and how long where nobody who lives says that it is his: he only looks, or is about to leave; ms. */
const PATIENCE = 300;
const PATIENCE_UNCLAIMED = 5_000;

/** Keeps the locks from being dropped with their unreachable connections. */
const held = new Set<Database>();

const lockFile = (folder: string) => join(folder, 'lock.db');
const holderFile = (folder: string) => join(folder, 'daemon.json');

/**
 * Takes the folder for this process until the returned function is called. The lock is one on a file, which the system
 * drops with the process however that ends.
 */
export function lock(folder: string): () => void {
  const file = lockFile(folder);
  createPrivate(file);
  const db = new Database(file, { timeout: PATIENCE });
  try {
    begin(db, folder);
    writeHolder(folder);
  } catch (error) {
    db.close();
    throw isBusy((error as Error).cause) ? alreadyRunning(folder, readHolder(folder)) : error;
  }
  held.add(db);
  return () => {
    if (!db.isOpen) return;
    rmSync(holderFile(folder), { force: true });
    db.close();
    held.delete(db);
  };
}

function begin(db: Database, folder: string): void {
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    if (!isBusy((error as Error).cause) || isClaimed(folder)) throw error;
    db.exec(`PRAGMA busy_timeout = ${PATIENCE_UNCLAIMED}`);
    db.exec('BEGIN EXCLUSIVE');
  }
}

/** Whether a process that may be alive has noted that it holds the folder; one on another machine cannot be asked. */
function isClaimed(folder: string): boolean {
  const { pid, host } = readHolder(folder);
  if (pid === undefined) return existsSync(holderFile(folder));
  return host !== hostname() || isAlive(pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Who holds the folder now; undefined when nobody does, whatever a dead holder left behind. */
export function holder(folder: string): Holder | undefined {
  const file = lockFile(folder);
  if (!existsSync(file)) return undefined;
  const db = new Database(file, { readOnly: true, timeout: 0 });
  try {
    db.get('SELECT 1 FROM sqlite_schema');
    return undefined;
  } catch (error) {
    if (!isBusy((error as Error).cause)) throw error;
    return readHolder(folder);
  } finally {
    db.close();
  }
}

/** Makes sure a file exists that nobody else may read. What SQLite puts beside it gets the same mode. */
export function createPrivate(file: string): void {
  // An existing file is never opened here: to close it would drop the locks that SQLite in this process holds on it.
  try {
    const found = lstatSync(file, { throwIfNoEntry: false });
    if (found?.isSymbolicLink()) throw isLink(file);
    if (found) chmodSync(file, 0o600);
    else closeSync(openSync(file, CREATE, 0o600));
  } catch (error) {
    throw storeError(error, file);
  }
}

function writeHolder(folder: string): void {
  const self: Holder = { pid: process.pid, since: new Date().toISOString(), host: hostname() };
  const file = holderFile(folder);
  try {
    rmSync(`${file}.new`, { force: true });
    writeFileSync(`${file}.new`, `${JSON.stringify(self)}\n`, { mode: 0o600, flag: 'wx' });
    renameSync(`${file}.new`, file);
  } catch (error) {
    throw storeError(error, file);
  }
}

function readHolder(folder: string): Holder {
  try {
    return JSON.parse(readFileSync(holderFile(folder), 'utf8')) as Holder;
  } catch {
    return {};
  }
}

function alreadyRunning(folder: string, { pid, since, host }: Holder): MiltonError {
  const who = pid === undefined ? '' : ` (pid ${pid} on ${host} since ${since})`;
  return new MiltonError('ALREADY_RUNNING', `Milton already runs on ${folder}${who}.`, {
    hint: 'Stop it first, or set STATE_DIR to another folder.',
  });
}
