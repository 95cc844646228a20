import { mkdir, realpath, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MiltonError } from '../../../pipeline/errors.ts';
import type { Repository } from '../../../pipeline/services.ts';
import { commitAll } from './commit-all.ts';
import { type Evidence, evidence } from './evidence.ts';
import { exists } from './exists.ts';
import type { Git } from './git.ts';
import { leaveInPlace, openInPlace, switchInPlace } from './in-place.ts';
import { leftIn } from './left-in-folder.ts';
import { link, recordsOf } from './records.ts';
import { serially } from './serially.ts';
import { startPoint } from './start-point.ts';

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
  /** It is no copy, but the person's checkout itself. */
  readonly inPlace?: true;
  /** The branch was there before, with work on it. */
  readonly goesOn?: true;
}

/** What a run left on its branch. */
export type Changes = Evidence & {
  readonly branch: string;
  readonly base: string;
  readonly head: string;
  /** What could not be committed, which stays in the folder; absent where the branch holds all there is. */
  readonly left?: { readonly folder: string; readonly why: string } | undefined;
};

/** Makes, finishes and removes the worktrees of one repository; the person's own checkout is never touched, unless asked to. */
export class Worktrees {
  readonly #git: Git;
  readonly #repository: Repository;

  constructor(git: Git, repository: Repository) {
    this.#git = git.in(repository.path);
    this.#repository = repository;
  }

  /** A fresh worktree of the current commit; what a crash left of an earlier attempt at it is replaced. */
  async open(folder: string, branch?: string): Promise<Worktree> {
    if (branch !== undefined && this.#repository.isolation === 'in-place') {
      return serially(this.#repository.path, () => openInPlace(this.#git, this.#repository, branch));
    }
    const start = await startPoint(this.#git, this.#repository);
    if (branch !== undefined) await this.#isFree(branch, start.base);
    return this.#add(folder, branch === undefined ? ['--detach'] : ['-B', branch], {
      ...start,
      ...(branch ? { branch } : {}),
    });
  }

  /**
   * The folder of an earlier request again, on its branch; `left` = it is still there, with what could not be committed. Throws
   * MiltonError where the branch is gone.
   */
  async reopen(folder: string, branch: string, left = false): Promise<Worktree> {
    const base = await this.#headOf(branch);
    if (base === undefined) {
      throw new MiltonError('NO_BRANCH', `The branch ${branch} is gone, so there is nothing to go on with.`, {
        hint: 'Send what you want as a new request.',
      });
    }
    const goesOn = { base, branch, goesOn: true } as const;
    if (this.#repository.isolation === 'in-place') {
      return serially(this.#repository.path, () => switchInPlace(this.#git, this.#repository, goesOn));
    }
    if (!left || !(await exists(folder))) return this.#add(folder, [], goesOn, branch);
    const gitDir = await recordsOf(await this.#commonDir(), folder);
    if (gitDir === undefined) {
      throw new MiltonError('GIT', `${this.#repository.path} knows of no worktree in ${folder} any more.`, {
        hint: 'Copy what you need from there, delete it, and send what you want as a new request.',
      });
    }
    await link(folder, gitDir);
    return { folder, gitDir, ...goesOn };
  }

  /**
   * Commits what the agent left uncommitted and measures what is on the branch. May be called again after a crash. Throws
   * MiltonError GIT, with everything kept, when that cannot be done or found out. Undefined for a run that only read.
   */
  async finish(worktree: Worktree, message: string): Promise<Changes | undefined> {
    const { folder, gitDir, branch, base } = worktree;
    if (branch === undefined) return undefined;
    const present = await exists(folder);
    if (present && !(await exists(gitDir))) {
      throw new MiltonError('GIT', `${gitDir} is missing: the repository was moved, deleted or cloned anew.`, {
        hint: 'Copy what you need from there.',
      });
    }
    await this.#isOurs(worktree);
    const { copy = [] } = this.#repository;
    const failed = present ? await commitAll(this.#git, worktree, branch, message, copy) : undefined;
    const head = await this.#headOf(branch);
    if (head === base && !present) {
      throw new MiltonError('GIT', `Its folder ${folder} is gone, and what was not committed with it.`);
    }
    // Without a branch and a folder, an earlier attempt that died has found that nothing changed.
    const measured = await evidence(this.#git, base, head ?? base);
    const why = present ? await leftIn(this.#git, worktree, head ?? base, copy, failed) : undefined;
    return { branch, base, head: head ?? base, ...measured, ...(why === undefined ? {} : { left: { folder, why } }) };
  }

  /**
   * The folder goes where the branch holds it all, since that can be checked out only then; the branch too where nothing changed.
   * What could not be finished, which has no `changes`, stays as it is. In place, the branch stays checked out where the work is
   * `good`.
   */
  async tidy(worktree: Worktree, changes: Changes | undefined, good: boolean): Promise<void> {
    if (worktree.branch === undefined) return this.discard(worktree);
    if (!changes || changes.left) return;
    if (changes.head === changes.base) return this.discard(worktree);
    if (worktree.inPlace) return good ? undefined : leaveInPlace(this.#git, worktree);
    await serially(this.#repository.path, () => this.#remove(worktree.folder));
  }

  /** Removes the folder, and the branch if nothing was added to it. */
  async discard(worktree: Worktree): Promise<void> {
    const { folder, branch, base, inPlace, goesOn } = worktree;
    await serially(this.#repository.path, async () => {
      if (inPlace) {
        await leaveInPlace(this.#git, worktree);
        if (branch && !goesOn) await this.#git.try('update-ref', '-d', `refs/heads/${branch}`, base);
        return;
      }
      // First, because a branch at its beginning without its folder means that work was lost.
      if (branch && !goesOn) await this.#git.try('update-ref', '-d', `refs/heads/${branch}`, base);
      await this.#remove(folder);
    });
  }

  async #add(
    folder: string,
    how: readonly string[],
    rest: Omit<Worktree, 'folder' | 'gitDir'>,
    at = rest.base,
  ): Promise<Worktree> {
    await mkdir(dirname(folder), { recursive: true, mode: 0o700 });
    return serially(this.#repository.path, async () => {
      await this.#remove(folder);
      await this.#git.run('worktree', 'add', '--quiet', ...how, folder, at);
      const gitDir = await this.#git.in(folder).run('rev-parse', '--absolute-git-dir');
      return { folder, gitDir, ...rest };
    });
  }

  /** The commit a branch is at, or undefined where git says that there is no such branch. */
  async #headOf(branch: string): Promise<string | undefined> {
    const found = await this.#git.try('rev-parse', '--verify', '--quiet', `refs/heads/${branch}`);
    if (found.exitCode === 0) return found.stdout.trim();
    if (found.exitCode === 1) return undefined;
    // Says why, as the quiet one does not.
    return this.#git.run('rev-parse', '--verify', `refs/heads/${branch}`);
  }

  /** Throws where a branch of this name has work on it: it must not begin anew. */
  async #isFree(branch: string, base: string): Promise<void> {
    const head = await this.#headOf(branch);
    if (head === undefined || (await this.#git.try('merge-base', '--is-ancestor', head, base)).exitCode === 0) return;
    throw new MiltonError('BRANCH_TAKEN', `The branch ${branch} has work on it already.`, {
      hint: 'Look at it, and send the request again.',
    });
  }

  /** Throws where a worktree is another repository's: the configuration has changed since it was made. */
  async #isOurs({ gitDir, inPlace }: Worktree): Promise<void> {
    const common = await this.#commonDir();
    const [ours = '', theirs = ''] = await Promise.all(
      [common, gitDir].map((path) => realpath(path).catch(() => path)),
    );
    // A copy never has the records of the checkout itself.
    if (dirname(theirs) === join(ours, 'worktrees') || (inPlace && theirs === ours)) return;
    throw new MiltonError(
      'GIT',
      `${gitDir} does not belong to ${this.#repository.path}: the repository's path was changed.`,
      {
        hint: 'Copy what you need from there.',
      },
    );
  }

  /** What all worktrees of the repository share, as the person's own checkout tells it. */
  #commonDir(): Promise<string> {
    return this.#git.run('rev-parse', '--path-format=absolute', '--git-common-dir');
  }

  async #remove(folder: string): Promise<void> {
    // Whatever a stored request says, and however the configuration has changed since: the person's own checkout is never removed.
    if (`${this.#repository.path}/`.startsWith(`${folder}/`)) {
      throw new MiltonError('GIT', `${folder} is the checkout itself, and no copy of it.`);
    }
    // Renamed first, because a folder that a crash left half removed would look like work that deletes files.
    const gone = `${folder}.gone`;
    await rm(gone, { recursive: true, force: true }).catch(() => {});
    await rename(folder, gone).catch(() => {});
    // By hand, since git refuses a folder whose link to it the agent broke. A folder that cannot go is no harm.
    for (const path of [gone, folder]) await rm(path, { recursive: true, force: true }).catch(() => {});
    await this.#git.try('worktree', 'remove', '--force', '--force', folder);
  }
}
