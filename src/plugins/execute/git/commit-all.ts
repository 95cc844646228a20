import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MiltonError } from '../../../pipeline/errors.ts';
import type { Git } from './git.ts';
import { repositoriesInside } from './repositories-inside.ts';
import { sweepSandbox } from './sandbox-remains.ts';
import type { Worktree } from './worktree.ts';

/** All of a folder but these paths. */
export const allBut = (paths: readonly string[]) => [
  '--',
  '.',
  ...paths.map((path) => `:(exclude,top,literal)${path}`),
];

/**
 * Commits what the agent left uncommitted in its folder on its branch, wherever it has led HEAD meanwhile; nothing of the run lives
 * any more. Returns why not all of it could be added, where that is so. Throws MiltonError GIT.
 */
export async function commitAll(
  git: Git,
  worktree: Worktree,
  branch: string,
  message: string,
  lent: readonly string[],
): Promise<string | undefined> {
  const own = git.of(worktree);
  const ref = `refs/heads/${branch}`;
  if (worktree.inPlace) await stayOn(own, ref);
  else await returnTo(own, worktree, ref);
  await sweepSandbox(own);
  // What was only lent is never committed, whatever the agent makes of `.gitignore`. Of repositories inside, git would ask their own
  // settings what they hold.
  const what = allBut([...lent, ...(await repositoriesInside(own))]);
  const added = await own.try('add', '--all', ...what);
  if (added.exitCode !== 0) await own.try('add', '--all', '--ignore-errors', ...what);
  if (!(await own.asks('diff', '--cached', '--quiet', '--no-ext-diff'))) {
    await own.run(...(await identity(git)), 'commit', '--quiet', '--no-verify', '--message', message);
  }
  if (added.exitCode === 0) return undefined;
  const line =
    added.stderr.split('\n').find((each) => /^(fatal|error):/.test(each)) ?? added.stderr.trim().split('\n').at(-1);
  return line?.replace(/^(fatal|error):\s*/, '').trim() || 'git could not add it';
}

/** Wherever the agent went: its work belongs to its branch. */
async function returnTo(own: Git, { gitDir, base }: Worktree, ref: string): Promise<void> {
  // A lock is what a killed git left behind.
  for (const lock of ['index.lock', 'HEAD.lock']) await rm(join(gitDir, lock), { force: true });
  if (!(await own.asks('rev-parse', '--verify', '--quiet', ref))) {
    await own.run('update-ref', ref, (await own.asks('rev-parse', '--verify', '--quiet', 'HEAD')) ? 'HEAD' : base);
  } else if (await own.asks('merge-base', '--is-ancestor', ref, 'HEAD')) {
    await own.run('update-ref', ref, 'HEAD');
  }
  await own.run('symbolic-ref', 'HEAD', ref);
}

/** In the person's own checkout, another branch is the person's doing, and none of Milton's business. */
async function stayOn(own: Git, ref: string): Promise<void> {
  const head = (await own.try('symbolic-ref', '--quiet', 'HEAD')).stdout.trim();
  if (head === ref) return;
  const where = head.replace('refs/heads/', '') || 'no branch';
  throw new MiltonError('GIT', `The checkout is on ${where} now, not on ${ref.replace('refs/heads/', '')}.`, {
    hint: 'What is uncommitted there was left as it is.',
  });
}

/** Options that name Milton as the author where nobody is configured. */
async function identity(git: Git): Promise<readonly string[]> {
  const [name, email] = await Promise.all([git.try('config', 'user.name'), git.try('config', 'user.email')]);
  return name.exitCode === 0 && email.exitCode === 0
    ? []
    : ['-c', 'user.name=Milton', '-c', 'user.email=milton@localhost'];
}
