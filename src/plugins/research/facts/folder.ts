import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const MAX_BYTES = 512 * 1024;

/** The top level of a repository. */
export interface Folder {
  /** The names of its entries. */
  readonly names: ReadonlySet<string>;
  /** A file's text; '' when it is missing, too long, or no plain file: a link could point anywhere. */
  read(name: string): Promise<string>;
}

/** Opens a folder for reading facts; a folder that cannot be read has no entries. */
export async function openFolder(path: string): Promise<Folder> {
  const names = new Set(await readdir(path).catch(() => []));
  const read = async (name: string) => {
    if (!names.has(name)) return '';
    const file = join(path, name);
    const stat = await lstat(file).catch(() => undefined);
    if (!stat?.isFile() || stat.size > MAX_BYTES) return '';
    return readFile(file, 'utf8').catch(() => '');
  };
  return { names, read };
}
