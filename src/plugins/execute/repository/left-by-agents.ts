import type { Git } from '../git/git.ts';

/** Milton's own branches, also where they have been pushed. */
const OTHERS = ['--not', '--exclude=milton/*', '--branches', '--exclude=*/milton/*', '--remotes'];

/**
 * Whether there is work of a request in a commit that the person has taken over to no other branch: in place, it stays checked out, and
 * the next request begins there. Where git cannot tell, there is.
 */
export async function isLeftByAgents(git: Git, commit: string): Promise<boolean> {
  const sought = ['--basic-regexp', '--grep=^Milton-Request:'];
  const found = await git.try('log', '--max-count=1', '--format=%H', ...sought, commit, ...OTHERS);
  return found.exitCode !== 0 || found.stdout.trim() !== '';
}
