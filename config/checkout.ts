import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { realPath } from './inside.ts';

/** Whether a folder is the top of a git checkout; git itself is not asked. */
export const isCheckout = (path: string): boolean => isGitFolder(gitFolder(path));

/** Whether a folder holds a repository's own data. */
export const isGitFolder = (path: string): boolean =>
  existsSync(join(path, 'HEAD')) && (existsSync(join(path, 'objects')) || existsSync(join(path, 'commondir')));

/** Where the data is that all worktrees of a checkout's repository share; undefined where there is no checkout. */
export function sharedGitFolder(path: string): string | undefined {
  try {
    const git = gitFolder(path);
    if (!isGitFolder(git)) return undefined;
    const shared = join(git, 'commondir');
    return realPath(existsSync(shared) ? resolve(git, readFileSync(shared, 'utf8').trim()) : git);
  } catch {
    return undefined;
  }
}

/** The checkout that a folder lies in, other than itself. */
export function enclosingCheckout(path: string): string | undefined {
  for (let parent = dirname(path); parent !== dirname(parent); parent = dirname(parent)) {
    if (isCheckout(parent)) return parent;
  }
  return undefined;
}

/** Where a checkout's git data is: `.git`, or what a file of that name points to (worktrees and submodules). */
function gitFolder(path: string): string {
  const git = join(path, '.git');
  if (!statSync(git, { throwIfNoEntry: false })?.isFile()) return git;
  const pointer = /^gitdir:\s*(.+?)\s*$/m.exec(readFileSync(git, 'utf8'))?.[1];
  return pointer ? resolve(path, pointer) : git;
}
