import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';

/** Makes a file that only its owner can read, in the place of what was there: a link is replaced, never followed. */
export async function createPrivateFile(path: string): Promise<FileHandle> {
  await rm(path, { force: true });
  return open(path, 'wx', 0o600);
}

/** Opens such a file to read it; what has been put in its place to lead elsewhere is not read. */
export const openPrivateFile = (path: string): Promise<FileHandle> =>
  open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
