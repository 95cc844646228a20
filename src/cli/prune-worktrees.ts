import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ExecaProcessRunner } from '../pipeline/services/process-runner.ts';
import { Git } from '../plugins/execute/git/git.ts';

/** The folder of a request, of its second agent, or of the commit it began at; `.gone` = its removal had begun. */
const FOLDER = /^(req_[a-z2-7]{6,16})(?:-.+?)?(\.gone)?$/;
/** What `ls-files -v -s` shows of files that git was told not to look at, and of repositories inside. */
const HIDDEN = /^[a-z] |^\S 160000 /m;

/**
 * Deletes the folders that requests which are over have left behind, last changed before a time (ms since the epoch). What holds
 * work that is on no branch stays, and is returned.
 */
export async function pruneWorktrees(folder: string, before: number, isOpen: (id: string) => Promise<boolean>) {
  const kept: string[] = [];
  let count = 0;
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const [, id, gone] = FOLDER.exec(name) ?? [];
    const found = await stat(path).catch(() => undefined);
    if (id === undefined || !found?.isDirectory() || found.mtimeMs >= before || (await isOpen(id))) continue;
    if (gone === undefined && !(await remove(path))) {
      kept.push(path);
      continue;
    }
    await rm(path, { recursive: true, force: true });
    count++;
  }
  return { count, kept };
}

/** Takes a folder out of its repository where branches hold all that is in it; whether it did. */
async function remove(path: string): Promise<boolean> {
  const { PATH = '', HOME = '' } = process.env;
  const git = new Git(new ExecaProcessRunner(), path, { PATH, HOME });
  // Of a folder that is no worktree any more, git would tell about whatever repository lies around it.
  const top = await git.try('rev-parse', '--show-toplevel');
  const status = await git.try('status', '--porcelain', '--ignore-submodules=dirty');
  const files = await git.try('ls-files', '-v', '--stage');
  const branches = await git.try('for-each-ref', '--count=1', '--contains=HEAD', 'refs/heads');
  const all = [top, status, files, branches].every(({ exitCode }) => exitCode === 0);
  if (!all || top.stdout.trim() !== path || status.stdout.trim() !== '' || branches.stdout.trim() === '') return false;
  if (HIDDEN.test(files.stdout)) return false;
  return (await git.try('worktree', 'remove', '--force', path)).exitCode === 0;
}
