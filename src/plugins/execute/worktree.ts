import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MiltonError } from '../../pipeline/errors.ts';
import type { Repository } from '../../pipeline/services.ts';
import { type Evidence, evidence } from './evidence.ts';
import type { Git } from './git.ts';
import { serially } from './serially.ts';

/** A run's own copy of a repository; JSON, since it must outlive a crash. */
export interface Worktree {
  readonly folder: string;
  /** Where git keeps this worktree's own state; named in every command, since the agent may break the folder's link to it. */
  readonly gitDir: string;
  /** The commit it began at. */
  readonly base: string;
  /** Absent for a run that only reads. */
  readonly branch?: string;
  /** The branch the person's checkout is on; absent where it is on none. */
  readonly from?: string;
  /** How many uncommitted changes of the person's checkout it does not have. */
  readonly without?: number;
}

/** What a run left on its branch. */
export type Changes = Evidence & { readonly branch: string; readonly base: string; readonly head: string };

/** Makes, finishes and removes the worktrees of one repository; the person's own checkout is never touched. */
export class Worktrees {
  readonly #git: Git;
  readonly #repository: Repository;

  constructor(git: Git, repository: Repository) {
    this.#git = git.in(repository.path);
    this.#repository = repository;
  }

  /** A fresh worktree of the current commit; what a crash left of an earlier attempt at it is replaced. */
  async open(folder: string, branch?: string): Promise<Worktree> {
    const found = await this.#git.try('rev-parse', '--verify', '--quiet', 'HEAD^{commit}');
    if (found.exitCode !== 0) await this.#explainMissingCommit();
    const base = found.stdout.trim();
    await mkdir(dirname(folder), { recursive: true, mode: 0o700 });
    const start = await this.#lookAtCheckout();
    return serially(this.#repository.path, async () => {
      await this.#remove(folder);
      await this.#git.run('worktree', 'add', '--quiet', ...(branch ? ['-B', branch] : ['--detach']), folder, base);
      const gitDir = await this.#git.in(folder).run('rev-parse', '--absolute-git-dir');
      return { folder, gitDir, base, ...start, ...(branch ? { branch } : {}) };
    });
  }

  /**
   * Commits what the agent left uncommitted and measures what is on the branch; the folder goes where the branch holds it all,
   * the branch too where nothing changed. May be called again after a crash. Throws MiltonError GIT, with everything kept, when
   * that cannot be done or found out.
   */
  async finish(worktree: Worktree, message: string): Promise<Changes | undefined> {
    const { folder, gitDir, branch, base } = worktree;
    if (branch === undefined) return void (await this.discard(worktree));
    const present = await exists(folder);
    if (present && !(await exists(gitDir))) {
      throw new MiltonError('GIT', `${gitDir} is missing: the repository was moved, deleted or cloned anew.`, {
        hint: 'Copy what you need from there.',
      });
    }
    if (present) await this.#commit(worktree, branch, message);
    const head = await this.#headOf(branch);
    if (head === base && !present) {
      throw new MiltonError('GIT', `Its folder ${folder} is gone, and what was not committed with it.`);
    }
    // Without a branch and a folder, an earlier attempt that died has found that nothing changed.
    const changes = { branch, base, head: head ?? base, ...(await evidence(this.#git, base, head ?? base)) };
    if (head === base) await this.discard(worktree);
    // The branch holds it all, and can be checked out only when no other folder has it checked out.
    else if (!present || (await this.#isClean(worktree)))
      await serially(this.#repository.path, () => this.#remove(folder));
    return changes;
  }

  /** Removes the folder, and the branch if nothing was added to it. */
  async discard({ folder, branch, base }: Worktree): Promise<void> {
    await serially(this.#repository.path, async () => {
      // First, because a branch at its beginning without its folder means that work was lost.
      if (branch) await this.#git.try('update-ref', '-d', `refs/heads/${branch}`, base);
      await this.#remove(folder);
    });
  }

  /** What the person may want to know of where the work starts; no reason to fail when git does not tell. */
  async #lookAtCheckout(): Promise<Pick<Worktree, 'from' | 'without'>> {
    const [head, status] = await Promise.all([
      this.#git.try('symbolic-ref', '--quiet', '--short', 'HEAD'),
      this.#git.try('status', '--porcelain'),
    ]);
    const without = status.exitCode === 0 ? status.stdout.split('\n').filter(Boolean).length : 0;
    return {
      ...(head.exitCode === 0 ? { from: head.stdout.trim() } : {}),
      ...(without > 0 ? { without } : {}),
    };
  }

  async #commit({ folder, gitDir, base }: Worktree, branch: string, message: string): Promise<void> {
    const git = this.#git.in(folder);
    const here = [`--git-dir=${gitDir}`, `--work-tree=${folder}`];
    const own = (...args: string[]) => git.run(...here, ...args);
    const asks = async (...args: string[]) => (await git.try(...here, ...args)).exitCode === 0;
    // Nothing of the run lives any more, so a lock is what a killed git left behind.
    for (const lock of ['index.lock', 'HEAD.lock']) await rm(join(gitDir, lock), { force: true });
    const ref = `refs/heads/${branch}`;
    if (!(await asks('rev-parse', '--verify', '--quiet', ref))) {
      await own('update-ref', ref, (await asks('rev-parse', '--verify', '--quiet', 'HEAD')) ? 'HEAD' : base);
    } else if (await asks('merge-base', '--is-ancestor', ref, 'HEAD')) {
      await own('update-ref', ref, 'HEAD');
    }
    await own('symbolic-ref', 'HEAD', ref);
    if (!(await asks('add', '--all'))) await git.try(...here, 'add', '--all', '--ignore-errors');
    if (!(await asks('diff', '--cached', '--quiet'))) {
      await own(...(await this.#identity()), 'commit', '--quiet', '--no-verify', '--message', message);
    }
  }

  /** The commit a branch is at, or undefined where git says that there is no such branch. */
  async #headOf(branch: string): Promise<string | undefined> {
    const found = await this.#git.try('rev-parse', '--verify', '--quiet', `refs/heads/${branch}`);
    if (found.exitCode === 0) return found.stdout.trim();
    if (found.exitCode === 1) return undefined;
    // Says why, as the quiet one does not.
    return this.#git.run('rev-parse', '--verify', `refs/heads/${branch}`);
  }

  async #isClean({ folder, gitDir }: Worktree): Promise<boolean> {
    const status = await this.#git
      .in(folder)
      .try(`--git-dir=${gitDir}`, `--work-tree=${folder}`, 'status', '--porcelain');
    return status.exitCode === 0 && status.stdout.trim() === '';
  }

  async #remove(folder: string): Promise<void> {
    // Renamed first, because a folder that a crash left half removed would look like work that deletes files.
    const gone = `${folder}.gone`;
    await rm(gone, { recursive: true, force: true }).catch(() => {});
    await rename(folder, gone).catch(() => {});
    // By hand, since git refuses a folder whose link to it the agent broke. A folder that cannot go is no harm.
    for (const path of [gone, folder]) await rm(path, { recursive: true, force: true }).catch(() => {});
    await this.#git.try('worktree', 'remove', '--force', '--force', folder);
  }

  /** Options that name Milton as the author where nobody is configured. */
  async #identity(): Promise<readonly string[]> {
    const [name, email] = await Promise.all([
      this.#git.try('config', 'user.name'),
      this.#git.try('config', 'user.email'),
    ]);
    return name.exitCode === 0 && email.exitCode === 0
      ? []
      : ['-c', 'user.name=Milton', '-c', 'user.email=milton@localhost'];
  }

  async #explainMissingCommit(): Promise<never> {
    const { name, path } = this.#repository;
    if (!(await exists(path))) {
      throw new MiltonError('NO_REPOSITORY', `Repository "${name}" is not at ${path} any more.`, {
        hint: 'Put it back or correct its path in milton.config.ts or TARGET_REPO, and send the request again.',
      });
    }
    // Says what is wrong where it is not the missing commit: no git, no repository.
    await this.#git.run('rev-parse', '--git-dir');
    throw new MiltonError('NO_COMMIT', `Repository "${name}" has no commit yet, so there is nothing to start from.`, {
      hint: `Make a first one: git -C ${path} commit --allow-empty -m "Start"`,
    });
  }
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

/** What a worktree starts from, in words: `main (6707dbb), without 2 uncommitted changes`. */
export function startOf({ base, from, without = 0 }: Worktree): string {
  const commit = base.slice(0, 7);
  const left = without > 0 ? `, without ${without} uncommitted change${without === 1 ? '' : 's'}` : '';
  return `${from === undefined ? commit : `${from} (${commit})`}${left}`;
}

const SLUG_LENGTH = 40;

/** The branch of a run: `milton/req_k4m2xa-add-a-login-feature`. */
export function branchName(run: string, text: string): string {
  const words = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .match(/[a-z0-9]+/g);
  let slug = '';
  for (const word of words ?? []) {
    if (slug.length + word.length >= SLUG_LENGTH) break;
    slug += `-${word}`;
  }
  return `milton/${run}${slug}`;
}
