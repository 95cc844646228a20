import { MiltonError } from '../../../pipeline/errors.ts';
import type { Repository } from '../../../pipeline/services.ts';
import type { Git } from './git.ts';
import { startPoint } from './start-point.ts';
import type { Worktree } from './worktree.ts';

/** Begins a branch in the person's own checkout; throws MiltonError DIRTY where that holds what is not committed. */
export async function openInPlace(git: Git, repository: Repository, branch: string): Promise<Worktree> {
  await mustBeClean(git, repository);
  const { base, ...start } = await startPoint(git, repository);
  // After a crash it is there already, made from where the person was before.
  const from = start.from === branch ? (await git.try('rev-parse', '--abbrev-ref', '@{-1}')).stdout.trim() : start.from;
  await git.run('switch', '--quiet', '--force-create', branch, base);
  const gitDir = await git.run('rev-parse', '--absolute-git-dir');
  return { base, folder: repository.path, gitDir, branch, inPlace: true, ...(from ? { from } : {}) };
}

/** Goes to a branch that is there already; throws MiltonError DIRTY likewise. */
export async function switchInPlace(
  git: Git,
  repository: Repository,
  rest: Pick<Worktree, 'base' | 'goesOn'> & { readonly branch: string },
): Promise<Worktree> {
  await mustBeClean(git, repository);
  const { from } = await startPoint(git, repository);
  await git.run('switch', '--quiet', rest.branch);
  const gitDir = await git.run('rev-parse', '--absolute-git-dir');
  return { ...rest, folder: repository.path, gitDir, inPlace: true, ...(from ? { from } : {}) };
}

async function mustBeClean(git: Git, { path }: Repository): Promise<void> {
  const lines = (await git.run('status', '--porcelain', '--ignore-submodules=dirty'))
    .split('\n')
    .filter(Boolean).length;
  if (lines === 0) return;
  const changes = `${lines} uncommitted change${lines === 1 ? '' : 's'}`;
  throw new MiltonError('DIRTY', `${path} has ${changes}, and work in it would be mixed with them.`, {
    hint: "Commit or stash them and send the request again, or leave isolation: 'in-place' out.",
  });
}

/** Goes back to where the person was, unless the person has gone elsewhere meanwhile. */
export async function leaveInPlace(git: Git, { branch, base, from }: Worktree): Promise<void> {
  const head = (await git.try('symbolic-ref', '--quiet', '--short', 'HEAD')).stdout.trim();
  if (head === branch && from !== branch) await git.try('switch', '--quiet', ...(from ? [from] : ['--detach', base]));
}
