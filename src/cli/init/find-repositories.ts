import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { enclosingCheckout, isCheckout } from '../../../config/checkout.ts';
import { realPath } from '../../../config/inside.ts';

/** How many folders are looked into, how deep below the home folder, and how many checkouts are offered. */
const FOLDERS = 3000;
const DEPTH = 3;
const OFFERED = 8;
const UNLIKELY = new Set([
  'node_modules',
  'Library',
  'Applications',
  'Music',
  'Pictures',
  'Movies',
  'Videos',
  'snap',
  'go',
]);

/** Where to look, and which folder is never meant (Milton's own). */
interface Places {
  readonly folder: string;
  readonly home: string;
  readonly never: string;
}

/** Checkouts that requests may be meant to work in: the one around the current folder, then those below the home folder, newest work first. */
export async function findRepositories({ folder, home, never }: Places): Promise<readonly string[]> {
  const here = isCheckout(folder) ? folder : enclosingCheckout(folder);
  const below = await Promise.all(
    (await checkoutsBelow(home)).map(async (path) => ({ path, used: await lastUsed(path) })),
  );
  const newest = below.sort((a, b) => b.used - a.used).map(({ path }) => path);
  const all = [...(here === undefined ? [] : [here]), ...newest]
    .map(realPath)
    .filter((path) => path !== realPath(never));
  return [...new Set(all)].slice(0, OFFERED);
}

/** Breadth first, so that a home full of files still shows what is near. */
async function checkoutsBelow(home: string): Promise<readonly string[]> {
  const found: string[] = [];
  let left = FOLDERS;
  let level = [home];
  for (let depth = 0; depth < DEPTH && level.length > 0; depth++) {
    const next: string[] = [];
    for (const folder of level) {
      if (left-- <= 0) return found;
      const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
      for (const entry of entries) {
        if (!entry.isDirectory() || entry.name.startsWith('.') || UNLIKELY.has(entry.name)) continue;
        const path = join(folder, entry.name);
        (isCheckout(path) ? found : next).push(path);
      }
    }
    level = next;
  }
  return found;
}

/** When git last wrote its index, in ms since the epoch. */
async function lastUsed(path: string): Promise<number> {
  for (const file of [join(path, '.git/index'), join(path, '.git/HEAD'), join(path, '.git')]) {
    const found = await stat(file).catch(() => undefined);
    if (found) return found.mtimeMs;
  }
  return 0;
}

/** What a message can call a repository: its folder's name, as far as letters and digits go. */
export const repositoryName = (path: string): string =>
  basename(path)
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 30)
    .replace(/-+$/, '') || 'app';
