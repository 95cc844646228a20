import { constants, lstatSync } from 'node:fs';
import { lstat, open, opendir } from 'node:fs/promises';
import { join } from 'node:path';

const MAX_BYTES = 512 * 1024;
/** Manifests of a large workspace have less in all. */
const MAX_BYTES_IN_ALL = 8 * 1024 * 1024;
/** To list 200,000 entries would take as long as everything else together. */
const MOST_ENTRIES = 2_000;
/** Neither follows a link nor waits for a writer. */
const PLAINLY = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** A folder of a repository, read without leaving it: what is behind a link is not there. */
export interface Folder {
  /** The names of its entries, sorted. */
  readonly names: readonly string[];
  /** Those that are folders. */
  readonly folders: readonly string[];
  /** Whether the names are all of them; else they are the first 2,000 that the system lists. */
  readonly whole: boolean;
  /** Whether there is an entry of this name, listed or not. */
  has(name: string): boolean;
  /** A file's text; '' when it is missing, no plain file, or too long, alone or with all that was read. */
  read(name: string): Promise<string>;
  /** A lock file's text up to this length, which has room of its own; undefined when it is there but cannot be read. */
  readLock(name: string, longest: number): Promise<string | undefined>;
  /** A folder below, by its path; without entries where it is none. */
  open(path: string): Promise<Folder>;
}

/** Opens a folder for reading facts; one that cannot be read has no entries. */
export const openFolder = (path: string): Promise<Folder> =>
  openWith({ left: MAX_BYTES_IN_ALL, locks: MAX_BYTES_IN_ALL }, path);

interface Budget {
  left: number;
  locks: number;
}

async function openWith(budget: Budget, path: string): Promise<Folder> {
  const { names, folders, whole } = await list(path);
  const listed = new Set(names);
  const has = (name: string) =>
    listed.has(name) || (!whole && lstatSync(join(path, name), { throwIfNoEntry: false }) !== undefined);
  return {
    ...{ names, folders, whole, has },
    read: async (name) => (has(name) && (await read(join(path, name), budget, 'left', MAX_BYTES))) || '',
    readLock: async (name, longest) => (has(name) ? read(join(path, name), budget, 'locks', longest) : ''),
    async open(below) {
      let place = path;
      for (const part of below.split('/')) {
        place = join(place, part);
        const stat = part === '' || part.startsWith('..') ? undefined : await lstat(place).catch(() => undefined);
        if (!stat?.isDirectory()) return openWith(budget, '');
      }
      return openWith(budget, place);
    },
  };
}

async function list(path: string) {
  const names: string[] = [];
  const folders: string[] = [];
  let whole = true;
  try {
    for await (const entry of await opendir(path, { bufferSize: 256 })) {
      whole = names.length < MOST_ENTRIES;
      if (!whole) break;
      names.push(entry.name);
      if (entry.isDirectory()) folders.push(entry.name);
    }
  } catch {
    // What was listed until then counts.
  }
  return { names: names.sort(), folders: folders.sort(), whole };
}

async function read(path: string, budget: Budget, room: keyof Budget, longest: number): Promise<string | undefined> {
  try {
    await using file = await open(path, PLAINLY);
    const stat = await file.stat();
    if (!stat.isFile() || stat.size > Math.min(longest, budget[room])) return undefined;
    budget[room] -= stat.size;
    return (await file.readFile('utf8')).replace(/^\ufeff/, '');
  } catch {
    return undefined;
  }
}
