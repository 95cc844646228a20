import { lstat, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';

/**
 * Where a repository, by its own word, keeps the state of the worktree in a folder. The folder's link to it tells nothing: whoever
 * worked there may have led it anywhere. `common` = what all worktrees of that repository share.
 */
export async function recordsOf(common: string, folder: string): Promise<string | undefined> {
  const all = join(common, 'worktrees');
  const wanted = await realOf(join(folder, '.git'));
  for (const name of await readdir(all).catch(() => [])) {
    const records = join(all, name);
    const link = await readFile(join(records, 'gitdir'), 'utf8').catch(() => undefined);
    if (link !== undefined && (await realOf(resolve(records, link.trim()))) === wanted) return records;
  }
  return undefined;
}

/** Whether a folder's link leads to these records, and by no way on which another link may lie. */
export async function isLinked(folder: string, records: string): Promise<boolean> {
  const place = join(folder, '.git');
  if (!(await lstat(place).catch(() => undefined))?.isFile()) return false;
  const [from, to] = await Promise.all([folder, records].map((path) => realpath(path).catch(() => path)));
  const ways = [records, to!, relative(from!, to!)].map((way) => `gitdir: ${way}`);
  return ways.includes((await readFile(place, 'utf8')).replace(/\n$/, ''));
}

/** Leads a folder's link to these records again, before anything is started there that goes by it. */
export async function link(folder: string, records: string): Promise<void> {
  if (await isLinked(folder, records)) return;
  const place = join(folder, '.git');
  await rm(place, { recursive: true, force: true });
  await writeFile(place, `gitdir: ${records}\n`, { flag: 'wx' });
}

/** A path without links on its way; what it ends in may be one, or not be there. */
const realOf = async (path: string): Promise<string> =>
  join(await realpath(dirname(path)).catch(() => dirname(path)), basename(path));
