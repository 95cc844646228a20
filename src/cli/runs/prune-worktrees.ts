import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ExecaProcessRunner } from '../../pipeline/services/process-runner.ts';
import type { Repository } from '../../pipeline/services.ts';
import { Git } from '../../plugins/execute/git/git.ts';
import { isLinked, recordsOf } from '../../plugins/execute/git/records.ts';

/** The folder of a request, of its second agent, or of the commit it began at; `.gone` = its removal had begun. */
const FOLDER = /^(req_[a-z2-7]{6,16})(?:-.+?)?(\.gone)?$/;
/** What `ls-files -v -s` shows of files that git was told not to look at, and of repositories inside. */
const HIDDEN = /^[a-z] |^\S 160000 /m;

/**
 * Deletes the folders that requests which are over have left behind, last changed before a time (ms since the epoch). What holds
 * work that is on no branch stays, and is returned; so does what is a worktree of none of the repositories.
 */
export async function pruneWorktrees(
  folder: string,
  before: number,
  repositories: readonly Pick<Repository, 'path'>[],
  isOpen: (id: string) => Promise<boolean>,
) {
  const common = await commonDirs(repositories);
  const kept: string[] = [];
  let count = 0;
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const [, id, gone] = FOLDER.exec(name) ?? [];
    const found = await stat(path).catch(() => undefined);
    if (id === undefined || !found?.isDirectory() || found.mtimeMs >= before || (await isOpen(id))) continue;
    if (gone === undefined && !(await remove(path, common))) {
      kept.push(path);
      continue;
    }
    await rm(path, { recursive: true, force: true });
    count++;
  }
  return { count, kept };
}

/** What the worktrees of each repository share, as the person's own checkout tells it. */
async function commonDirs(repositories: readonly Pick<Repository, 'path'>[]): Promise<readonly string[]> {
  const all = repositories.map(({ path }) =>
    gitIn(path).try('rev-parse', '--path-format=absolute', '--git-common-dir'),
  );
  return (await Promise.all(all)).filter(({ exitCode }) => exitCode === 0).map(({ stdout }) => stdout.trim());
}

function gitIn(folder: string): Git {
  const { PATH = '', HOME = '' } = process.env;
  return new Git(new ExecaProcessRunner(), folder, { PATH, HOME });
}

/** Takes a folder out of its repository where branches hold all that is in it; whether it did. */
async function remove(path: string, common: readonly string[]): Promise<boolean> {
  const found = await Promise.all(common.map((each) => recordsOf(each, path)));
  const gitDir = found.find((each) => each !== undefined);
  // Where its link was led elsewhere, there may be work, and git would go by what an agent has written.
  if (gitDir === undefined || !(await isLinked(path, gitDir))) return false;
  const git = gitIn(path).of({ folder: path, gitDir });
  const status = await git.try('status', '--porcelain', '--ignore-submodules=dirty');
  const files = await git.try('ls-files', '-v', '--stage');
  const branches = await git.try('for-each-ref', '--count=1', '--contains=HEAD', 'refs/heads');
  const all = [status, files, branches].every(({ exitCode }) => exitCode === 0);
  if (!all || status.stdout.trim() !== '' || branches.stdout.trim() === '' || HIDDEN.test(files.stdout)) return false;
  return (await git.try('worktree', 'remove', '--force', path)).exitCode === 0;
}
