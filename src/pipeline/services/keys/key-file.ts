import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { MiltonError } from '../../errors.ts';

/** Where the keys of this user are, whatever the configuration says: a repository must not be able to name another place. */
export const keyFile = () => join(homedir(), '.config', 'milton', 'secrets.json');

const secret = z.string().regex(/^[\w-]{22,256}$/);
const stored = z.object({
  v: z.literal(1),
  /** Newest first. */
  signing: z.array(z.object({ secret, made: z.iso.datetime() })).max(2),
  replies: z.array(secret).max(2).default([]),
  totp: z
    .string()
    .regex(/^[A-Z2-7]{16,64}$/)
    .optional(),
});

/** What the file holds; `made` is when a key was made (ISO 8601). */
export type StoredKeys = z.output<typeof stored>;

/** A fresh secret of 256 bits, as 43 characters that survive a phone's clipboard. */
export const newSecret = (): string => randomBytes(32).toString('base64url');

/** Reads the file; undefined where there is none. @throws MiltonError KEYS_UNSAFE, KEYS_BROKEN */
export function readKeys(path: string): StoredKeys | undefined {
  const text = readOwn(path);
  if (text === undefined) return undefined;
  try {
    return stored.parse(JSON.parse(text));
  } catch {
    // Without the cause, which quotes what the file holds.
    throw new MiltonError('KEYS_BROKEN', `${path} does not hold the keys as Milton writes them.`, {
      hint: 'Restore it, or remove it and make new keys: milton keys new',
    });
  }
}

/** Replaces the file as a whole: a reader sees the old keys or the new ones. @throws MiltonError KEYS_UNSAFE */
export function writeKeys(path: string, keys: StoredKeys): void {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  checkKeyFolder(folder);
  const fresh = `${path}.${process.pid}`;
  rmSync(fresh, { force: true });
  const file = openSync(fresh, 'wx', 0o600);
  try {
    writeFileSync(file, `${JSON.stringify(keys, null, 2)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(fresh, path);
}

function readOwn(path: string): string | undefined {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code === 'ELOOP') throw unsafe(`${path} is a symbolic link`, 'Put the file itself there.');
    throw unsafe(`${path} cannot be read (${code})`, `Run: chmod 600 ${path}`);
  }
  try {
    checkKeyFolder(dirname(path));
    const found = fstatSync(file);
    if (!found.isFile()) throw unsafe(`${path} is no file`, 'Remove it.');
    checkOwner(path, found);
    if (found.mode & 0o077) throw unsafe(`other users can read ${path}`, `Run: chmod 600 ${path}`);
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/** Who can write to the folder of the keys can put another file there. @throws MiltonError KEYS_UNSAFE */
export function checkKeyFolder(folder: string): void {
  const found = lstatSync(folder);
  if (!found.isDirectory()) throw unsafe(`${folder} is no folder`, 'Put a folder there.');
  checkOwner(folder, found);
  if (found.mode & 0o022) throw unsafe(`other users can write to ${folder}`, `Run: chmod 700 ${folder}`);
}

function checkOwner(path: string, { uid }: Stats): void {
  if (uid !== process.getuid?.()) throw unsafe(`${path} belongs to another user`, 'Put one of your own there.');
}

const unsafe = (what: string, hint: string) =>
  new MiltonError('KEYS_UNSAFE', `The keys are not used: ${what}.`, { hint });
