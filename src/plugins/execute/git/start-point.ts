import { MiltonError } from '../../../pipeline/errors.ts';
import type { Repository } from '../../../pipeline/services.ts';
import { exists } from './exists.ts';
import type { Git } from './git.ts';
import type { Worktree } from './worktree.ts';

/** Where work starts: the commit that is checked out, and what the person may want to know of the checkout. */
export type StartPoint = Pick<Worktree, 'base' | 'from' | 'without'>;

/** Looks at the person's checkout; throws MiltonError where there is nothing to start from. */
export async function startPoint(git: Git, repository: Repository): Promise<StartPoint> {
  const found = await git.try('rev-parse', '--verify', '--quiet', 'HEAD^{commit}');
  if (found.exitCode !== 0) await explainMissingCommit(git, repository);
  const [head, status] = await Promise.all([
    git.try('symbolic-ref', '--quiet', '--short', 'HEAD'),
    git.try('status', '--porcelain', '--ignore-submodules=dirty'),
  ]);
  // No reason to fail when git does not tell.
  const without = status.exitCode === 0 ? status.stdout.split('\n').filter(Boolean).length : 0;
  return {
    base: found.stdout.trim(),
    ...(head.exitCode === 0 ? { from: head.stdout.trim() } : {}),
    ...(without > 0 ? { without } : {}),
  };
}

async function explainMissingCommit(git: Git, { name, path }: Repository): Promise<never> {
  if (!(await exists(path))) {
    throw new MiltonError('NO_REPOSITORY', `Repository "${name}" is not at ${path} any more.`, {
      hint: 'Put it back or correct its path in milton.config.ts or TARGET_REPO, and send the request again.',
    });
  }
  // Says what is wrong where it is not the missing commit: no git, no repository.
  await git.run('rev-parse', '--git-dir');
  throw new MiltonError('NO_COMMIT', `Repository "${name}" has no commit yet, so there is nothing to start from.`, {
    hint: `Make a first one: git -C ${path} commit --allow-empty -m "Start"`,
  });
}

/** What work starts from, in words: `main (6707dbb), without 2 uncommitted changes`. */
export function startOf({ base, from, without = 0 }: StartPoint): string {
  const commit = base.slice(0, 7);
  const left = without > 0 ? `, without ${without} uncommitted change${without === 1 ? '' : 's'}` : '';
  return `${from === undefined ? commit : `${from} (${commit})`}${left}`;
}
