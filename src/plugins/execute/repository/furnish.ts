import { copyFile, cp, lstat, mkdir, realpath, rm, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Repository } from '../../../pipeline/services.ts';
import type { Git } from '../git/git.ts';
import { link } from '../git/records.ts';
import type { Worktree } from '../git/worktree.ts';
import { type CommandRun, fateOf, runCommand } from './repository-command.ts';

/** So many names are told of what is in the way. */
const NAMED = 5;

/**
 * Makes a fresh copy of a repository usable: brings the ignored files that it names, and runs its `prepare`. Returns what went
 * wrong, in one sentence; undefined where nothing did.
 */
export async function furnish(
  worktree: Worktree,
  { name, path: checkout, copy = [], prepare }: Repository,
  git: Git,
  how: Omit<CommandRun, 'folder'>,
): Promise<string | undefined> {
  // The checkout itself has all that already.
  if (worktree.inPlace) return undefined;
  const { folder } = worktree;
  const there = git.of(worktree);
  for (const path of copy) {
    const problem = await bring(there, path, checkout, folder);
    if (problem !== undefined) return problem;
  }
  if (!prepare) return undefined;
  if (how.refused !== undefined) return `"${prepare.line}" (prepare of ${name}) was not started. ${how.refused}`;
  const ended = await runCommand(prepare, { ...how, folder });
  // Where an agent has worked before, what runs here may be its own.
  await link(folder, worktree.gitDir);
  if (ended.how !== 'exited' || ended.exitCode !== 0) {
    const last = ended.tail.trim().split('\n').at(-1)?.trim().slice(0, 300).toWellFormed();
    const where = how.shut ? ' in a sandbox without network, since an agent has worked there (see confine)' : '';
    return `"${prepare.line}" (prepare of ${name}) ${fateOf(ended, how.timeout)}${where}${last ? `: ${last}` : '.'}`;
  }
  // What it did to files of the repository is not the agent's work, and must not look like it.
  await there.try('reset', '--quiet', '--hard');
  const made = (await there.try('ls-files', '--others', '--exclude-standard', '--directory')).stdout.trim();
  if (made === '') return undefined;
  const names = made.split('\n').slice(0, NAMED).join(', ');
  return `"${prepare.line}" (prepare of ${name}) makes what git does not ignore, so that it would be committed: ${names}. Add it to .gitignore.`;
}

/** Copies a file or folder; only what git ignores, since all else would end up on the branch. */
async function bring(git: Git, path: string, from: string, to: string): Promise<string | undefined> {
  const [source, target] = [join(from, path), join(to, path)];
  const found = await stat(source).catch(() => undefined);
  if (!found) return undefined;
  if (relative(await realpath(from), await realpath(source)).startsWith('..')) {
    return `"${path}" (copy) leads out of the repository.`;
  }
  if (await isLed(to, dirname(path))) return `"${path}" (copy) leads out of the folder: there is a link on its way.`;
  await mkdir(dirname(target), { recursive: true });
  // What an earlier agent has put there, a link as well.
  await rm(target, { recursive: true, force: true });
  if (found.isDirectory()) await cp(source, target, { recursive: true, verbatimSymlinks: true });
  else await copyFile(source, target);
  // Asked where it is now, since some rules are for folders only.
  if ((await git.try('check-ignore', '--quiet', '--', path)).exitCode === 0) return undefined;
  return `"${path}" (copy) is not ignored by git, so that it would be committed. Add it to .gitignore.`;
}

/** Whether one of the folders on the way to a path is a link, which an earlier agent may have made. */
async function isLed(folder: string, path: string): Promise<boolean> {
  let place = folder;
  for (const part of path.split('/').filter((each) => each !== '' && each !== '.')) {
    place = join(place, part);
    if ((await lstat(place).catch(() => undefined))?.isSymbolicLink()) return true;
  }
  return false;
}
