import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Git } from './git.ts';
import type { Worktree } from './worktree.ts';

/**
 * Commits what the agent left uncommitted in its folder on its branch, wherever it has led HEAD meanwhile; nothing of the run lives
 * any more. Throws MiltonError GIT.
 */
export async function commitAll(git: Git, { folder, gitDir, base }: Worktree, branch: string, message: string) {
  const there = git.in(folder);
  const here = [`--git-dir=${gitDir}`, `--work-tree=${folder}`];
  const own = (...args: string[]) => there.run(...here, ...args);
  const asks = async (...args: string[]) => (await there.try(...here, ...args)).exitCode === 0;
  // A lock is what a killed git left behind.
  for (const lock of ['index.lock', 'HEAD.lock']) await rm(join(gitDir, lock), { force: true });
  const ref = `refs/heads/${branch}`;
  if (!(await asks('rev-parse', '--verify', '--quiet', ref))) {
    await own('update-ref', ref, (await asks('rev-parse', '--verify', '--quiet', 'HEAD')) ? 'HEAD' : base);
  } else if (await asks('merge-base', '--is-ancestor', ref, 'HEAD')) {
    await own('update-ref', ref, 'HEAD');
  }
  await own('symbolic-ref', 'HEAD', ref);
  if (!(await asks('add', '--all'))) await there.try(...here, 'add', '--all', '--ignore-errors');
  if (!(await asks('diff', '--cached', '--quiet'))) {
    await own(...(await identity(git)), 'commit', '--quiet', '--no-verify', '--message', message);
  }
}

/** Options that name Milton as the author where nobody is configured. */
async function identity(git: Git): Promise<readonly string[]> {
  const [name, email] = await Promise.all([git.try('config', 'user.name'), git.try('config', 'user.email')]);
  return name.exitCode === 0 && email.exitCode === 0
    ? []
    : ['-c', 'user.name=Milton', '-c', 'user.email=milton@localhost'];
}
