import {
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { MiltonError } from '../../pipeline/errors.ts';

export interface Draft {
  readonly path: string;
  readonly text: string;
}

/**
 * Writes files that only their owner can read, all of them or none, in the place of those that are `there`. What stood in their place is
 * kept beside them, and told. Throws what the file system says.
 * @throws MiltonError FILE_APPEARED where there is one that was not `there`
 */
export function writeFiles(drafts: readonly Draft[], there: readonly string[], now = new Date()): readonly string[] {
  const stamp = now.toISOString().slice(0, 19).replaceAll(':', '-');
  const temporary = (path: string) => `${path}.${process.pid}.tmp`;
  const undo: (() => void)[] = [];
  const kept: string[] = [];
  try {
    for (const { path, text } of drafts) write(temporary(path), text);
    for (const { path } of drafts) {
      if (there.includes(path)) {
        const name = keep(path, stamp);
        kept.push(name);
        undo.push(() => renameSync(name, path));
        renameSync(temporary(path), path);
      } else {
        appear(temporary(path), path);
        undo.push(() => rmSync(path, { force: true }));
      }
    }
    return kept;
  } catch (error) {
    for (const back of undo) back();
    throw error;
  } finally {
    for (const { path } of drafts) rmSync(temporary(path), { force: true });
  }
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  rmSync(path, { force: true });
  const file = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Two that set up at once must not each believe that their files are there. */
function appear(from: string, to: string): void {
  if (!secondName(from, to)) {
    const hint = 'Somebody else sets Milton up just now. Look at it, then run: milton init';
    throw new MiltonError('FILE_APPEARED', `${to} has appeared meanwhile. Nothing was changed.`, { hint });
  }
}

/** A second name for the file, so that there is no moment without it. */
function keep(path: string, stamp: string): string {
  for (let count = 1; ; count++) {
    const name = `${path}.${stamp}${count === 1 ? '' : `-${count}`}.bak`;
    if (secondName(path, name)) return name;
  }
}

/** Whether the name was free. */
function secondName(path: string, name: string): boolean {
  try {
    linkSync(path, name);
    return true;
  } catch (error) {
    if (isTaken(error)) return false;
  }
  try {
    // Not every file system knows second names.
    copyFileSync(path, name, constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if (isTaken(error)) return false;
    throw error;
  }
}

const isTaken = (error: unknown) => (error as NodeJS.ErrnoException).code === 'EEXIST';
