import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

const temporariesIn = (state: string) => join(state, 'tmp');

/** Where a run keeps what is temporary: its programs share it with nobody. */
export const temporaryOf = (state: string, run: string) => join(temporariesIn(state), run);

/** A run's folder for what is temporary, which goes with this object, and whatever is in it. */
export class Temporary implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async make(state: string, run: string): Promise<Temporary> {
    const path = temporaryOf(state, run);
    // What a Milton that was killed has left of it.
    await rm(path, { recursive: true, force: true });
    await mkdir(path, { recursive: true, mode: 0o700 });
    return new Temporary(path);
  }

  [Symbol.asyncDispose](): Promise<void> {
    // What cannot go is swept later.
    return rm(this.path, { recursive: true, force: true }).catch(() => {});
  }
}

/** Removes what runs have left that are over. */
export async function sweepTemporary(state: string, isOpen: (run: string) => Promise<boolean>): Promise<void> {
  const folder = temporariesIn(state);
  for (const run of await readdir(folder).catch(() => [])) {
    if (!(await isOpen(run))) await rm(join(folder, run), { recursive: true, force: true }).catch(() => {});
  }
}
