import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

export interface Draft {
  readonly path: string;
  readonly text: string;
}

/**
 * Writes files that only their owner can read, all of them or none. What stood in their place is kept beside them, and told.
 * Throws what the file system says.
 */
export function writeFiles(drafts: readonly Draft[], now: Date = new Date()): readonly string[] {
  const stamp = now.toISOString().slice(0, 19).replaceAll(':', '-');
  const temporary = (path: string) => `${path}.${process.pid}.tmp`;
  const kept: string[] = [];
  const done: Draft[] = [];
  try {
    for (const { path, text } of drafts) write(temporary(path), text);
    for (const draft of drafts) {
      const { path } = draft;
      if (existsSync(path)) kept.push(keep(path, stamp));
      renameSync(temporary(path), path);
      done.push(draft);
    }
    return kept;
  } catch (error) {
    for (const { path } of done) {
      rmSync(path, { force: true });
      const before = kept.find((each) => each.startsWith(`${path}.`));
      if (before) renameSync(before, path);
    }
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

/** A second name for the file, so that there is no moment without it. */
function keep(path: string, stamp: string): string {
  for (let count = 1; ; count++) {
    const name = `${path}.${stamp}${count === 1 ? '' : `-${count}`}.bak`;
    try {
      linkSync(path, name);
      return name;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
