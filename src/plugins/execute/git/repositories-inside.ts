import { join } from 'node:path';
import { exists } from './exists.ts';
import type { Git } from './git.ts';

/** The mode of an entry that names a commit of another repository. */
export const GITLINK = '160000';

/** The repositories inside a folder that its branch knows of and that are there: submodules, and what was committed as one. */
export async function repositoriesInside(git: Git): Promise<readonly string[]> {
  const entries = (await git.try('ls-files', '--stage', '-z')).stdout.split('\0');
  const links = entries.filter((each) => each.startsWith(GITLINK)).map((each) => each.slice(each.indexOf('\t') + 1));
  const there = await Promise.all(links.map((path) => exists(join(git.folder, path, '.git'))));
  return links.filter((_, index) => there[index]);
}
