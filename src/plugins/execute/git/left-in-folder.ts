import { allBut } from './commit-all.ts';
import type { Git } from './git.ts';
import { GITLINK, repositoriesInside } from './repositories-inside.ts';
import type { Worktree } from './worktree.ts';

/**
 * Why a folder still holds work that its branch does not, as the end of a sentence; undefined where it may go. `why` is what git said
 * when it was told to add everything.
 */
export async function leftIn(
  git: Git,
  worktree: Worktree,
  head: string,
  lent: readonly string[],
  why?: string,
): Promise<string | undefined> {
  const own = git.of(worktree);
  // A repository inside is committed as the name of one of its commits, which exists nowhere else.
  const nested = (await own.try('diff', '--raw', '--no-renames', '--no-abbrev', '-z', worktree.base, head)).stdout
    .split('\0:')
    .find((each) => each.split(' ')[1] === GITLINK)
    ?.split('\0')[1];
  if (nested !== undefined) return `${nested} is a repository of its own`;
  // What one that was there before holds, only git could tell, by settings which the agent may have written. In place, it stays anyway.
  const [inside] = worktree.inPlace ? [] : await repositoriesInside(own);
  if (inside !== undefined) return `${inside} is a repository of its own, which is not looked into`;
  const status = await own.try('status', '--porcelain', '--ignore-submodules=dirty', ...allBut(lent));
  if (status.exitCode === 0 && status.stdout.trim() === '') return undefined;
  return why ?? `git shows ${status.stdout.trim().split('\n')[0]?.trim() || 'no state of it'}`;
}
