import type { Git } from './git.ts';

/**
 * The commit that a branch began at, or the empty tree for one that has nothing in common with anything. `since`: a commit that it
 * is known to have begun at or after. Throws MiltonError GIT.
 */
export async function branchStart(git: Git, ref: string, since?: string): Promise<string> {
  return (
    (since === undefined ? undefined : await mergeBase(git, ref, since)) ??
    (await whereMade(git, ref)) ??
    (await whereLeft(git, ref)) ??
    git.run('hash-object', '-t', 'tree', '--stdin')
  );
}

/** By git's own record of the branch, which tells it even of one that is checked out or merged; it is kept for some weeks. */
async function whereMade(git: Git, ref: string): Promise<string | undefined> {
  const log = await git.try('log', '--walk-reflogs', '--format=%H %gs', ref, '--');
  // "branch: Created from", or "Reset to" where a crash left one of that name.
  const made = log.stdout.split('\n').find((line) => / branch: /.test(line));
  return made === undefined ? undefined : mergeBase(git, ref, made.slice(0, made.indexOf(' ')));
}

/** Where its history left that of what is checked out, or of all other branches where that is the branch itself. */
async function whereLeft(git: Git, ref: string): Promise<string | undefined> {
  if ((await git.try('symbolic-ref', '--quiet', 'HEAD')).stdout.trim() !== ref) return mergeBase(git, ref, 'HEAD');
  const all = await git.run('for-each-ref', '--format=%(refname)', 'refs/heads');
  const others = all.split('\n').filter((each) => each !== ref && each !== '');
  return others.length === 0 ? undefined : mergeBase(git, ref, ...others);
}

async function mergeBase(git: Git, ...commits: readonly string[]): Promise<string | undefined> {
  const { exitCode, stdout } = await git.try('merge-base', ...commits);
  return exitCode === 0 ? stdout.trim() : undefined;
}
