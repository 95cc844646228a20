import { constants } from 'node:fs';
import { copyFile, cp, mkdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { ProcessRunner, Repository } from '../../pipeline/services.ts';
import type { Git } from './git.ts';
import { exitOfCommand, lastLine } from './repository-command.ts';
import type { Worktree } from './worktree.ts';

export interface Furnishing {
  readonly git: Git;
  readonly runner: ProcessRunner;
  readonly repository: Repository;
  /** The whole environment of the repository's commands. */
  readonly env: Readonly<Record<string, string>>;
  /** How long `prepare` may take, in ms. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/**
 * Makes a fresh copy of a repository usable: brings the ignored files that it names, and runs its `prepare`. Returns what went
 * wrong, in one sentence; undefined where nothing did.
 */
export async function furnish(worktree: Worktree, furnishing: Furnishing): Promise<string | undefined> {
  const { git, runner, repository, env, timeout, signal } = furnishing;
  const { folder, inPlace } = worktree;
  // The checkout itself has all that already.
  if (inPlace) return undefined;
  for (const path of repository.copy ?? []) {
    const problem = await bring(git.in(folder), path, repository.path, folder);
    if (problem !== undefined) return problem;
  }
  const { prepare } = repository;
  if (!prepare) return undefined;
  const [program, ...args] = prepare.argv;
  const ended = await runner.run(program, args, { cwd: folder, env, timeout, signal });
  signal.throwIfAborted();
  if (ended.exitCode !== 0) {
    const last = lastLine(`${ended.stdout}\n${ended.stderr}`);
    return `"${prepare.line}" (prepare of ${repository.name}) ${exitOfCommand(ended, timeout)}${last ? `: ${last}` : '.'}`;
  }
  // What it did to files of the repository is not the agent's work, and must not look like it.
  await git.in(folder).try('checkout', '--quiet', '--', '.');
  return undefined;
}

/** Copies a file or folder; only what git ignores, since all else would end up on the branch. */
async function bring(git: Git, path: string, from: string, to: string): Promise<string | undefined> {
  const source = join(from, path);
  const found = await stat(source).catch(() => undefined);
  if (!found) return undefined;
  const real = relative(await realpath(from), await realpath(source));
  if (real.startsWith('..')) return `"${path}" (copy) leads out of the repository.`;
  if ((await git.try('check-ignore', '--quiet', '--', path)).exitCode !== 0) {
    return `"${path}" (copy) is not ignored by git, so that it would be committed. Add it to .gitignore.`;
  }
  const target = join(to, path);
  await mkdir(dirname(target), { recursive: true });
  if (found.isDirectory()) await cp(source, target, { recursive: true, verbatimSymlinks: true });
  else await copyFile(source, target, constants.COPYFILE_FICLONE);
  return undefined;
}
