import { type Evidence, evidence } from './evidence.ts';
import type { Git } from './git.ts';

/** A branch that a request has made, and what is on it beyond the commit it began at. */
export interface RunBranch extends Evidence {
  readonly branch: string;
  /** The changed lines, as `git diff` shows them. */
  readonly patch: string;
}

/** The branches of a request, by their names, and one more; throws MiltonError GIT. */
export async function runBranches(git: Git, run: string, branch?: string): Promise<readonly RunBranch[]> {
  const patterns = [
    `refs/heads/milton/${run}`,
    `refs/heads/milton/${run}-*`,
    ...(branch ? [`refs/heads/${branch}`] : []),
  ];
  const names = (await git.run('for-each-ref', '--format=%(refname:short)', ...patterns)).split('\n').filter(Boolean);
  return Promise.all(
    names.map(async (branch) => {
      const base = await git.run('merge-base', 'HEAD', branch);
      const head = await git.run('rev-parse', `refs/heads/${branch}`);
      const patch = await git.run('diff', '--no-ext-diff', '--no-textconv', '--no-color', base, head);
      return { branch, patch, ...(await evidence(git, base, head)) };
    }),
  );
}
