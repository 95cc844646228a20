import { MiltonError } from '../../pipeline/errors.ts';
import type { Repository } from '../../pipeline/services.ts';
import type { Git } from './git.ts';
import { startPoint } from './start-point.ts';
import type { Worktree } from './worktree.ts';

/** Begins a branch in the person's own checkout; throws MiltonError DIRTY where that holds what is not committed. */
export async function openInPlace(git: Git, repository: Repository, branch: string): Promise<Worktree> {
  const { without, ...start } = await startPoint(git, repository);
  if (without !== undefined) throw dirty(repository, without);
  // After a crash it is there already, made from where the person was before.
  const from = start.from === branch ? (await git.try('rev-parse', '--abbrev-ref', '@{-1}')).stdout.trim() : start.from;
  await git.run('switch', '--quiet', '--force-create', branch, start.base);
  const gitDir = await git.run('rev-parse', '--absolute-git-dir');
  return { ...start, folder: repository.path, gitDir, branch, inPlace: true, ...(from ? { from } : {}) };
}

/** Goes to a branch that is there already; throws MiltonError DIRTY likewise. */
export async function switchInPlace(
  git: Git,
  repository: Repository,
  rest: Pick<Worktree, 'base' | 'goesOn'> & { readonly branch: string },
): Promise<Worktree> {
  const { without, from } = await startPoint(git, repository);
  if (without !== undefined) throw dirty(repository, without);
  await git.run('switch', '--quiet', rest.branch);
  const gitDir = await git.run('rev-parse', '--absolute-git-dir');
  return { ...rest, folder: repository.path, gitDir, inPlace: true, ...(from ? { from } : {}) };
}

function dirty({ path }: Repository, without: number): MiltonError {
  const changes = `${without} uncommitted change${without === 1 ? '' : 's'}`;
  return new MiltonError('DIRTY', `${path} has ${changes}, and work in it would be mixed with them.`, {
    hint: "Commit or stash them and send the request again, or leave isolation: 'in-place' out.",
  });
}

/** Leaves a branch to which nothing was added, and deletes it. */
export async function leaveInPlace(git: Git, { branch, base, from, goesOn }: Worktree): Promise<void> {
  const back = await git.try('switch', '--quiet', ...(from ? [from] : ['--detach', base]));
  if (back.exitCode === 0 && branch && !goesOn) await git.try('update-ref', '-d', `refs/heads/${branch}`, base);
}
