import { dirname, join, resolve } from 'node:path';
import type { Agent, FailureCause, Usage } from '../../pipeline/agent.ts';
import type { Host } from '../../pipeline/host.ts';
import { cleaner } from '../../pipeline/services/clean.ts';
import { Redact } from '../../pipeline/services/redact.ts';
import { Folders, type Repository } from '../../pipeline/services.ts';
import { verdict } from '../slots.ts';
import { stricter } from '../usage/amounts.ts';
import type { Ledger } from '../usage/ledger.ts';
import type { ExecuteOptions, ExecuteRun } from './execute.ts';
import { branchName } from './git/branch-name.ts';
import type { Worktree, Worktrees } from './git/worktree.ts';
import type { RepositoryCommands } from './repository/repository-commands.ts';

export interface AttemptParts {
  readonly host: Host<ExecuteOptions>;
  readonly run: ExecuteRun;
  readonly agent: Agent;
  readonly repository: Repository;
  readonly ledger: Ledger;
  /** Whether it is the agent that works in this repository where none is named: the repository's settings are in its words. */
  readonly isUsual: boolean;
  /** Tells the folder, branch and steps of a second agent from those of the first. */
  readonly suffix: string;
}

/** What an agent begins with, or why it does not. */
export type Ready =
  | { readonly problem: string; readonly cause?: FailureCause }
  | { readonly dryRun: true }
  | { readonly worktree: Worktree; readonly limits: Usage };

interface Tools {
  readonly worktrees: Worktrees;
  readonly commands: RepositoryCommands;
  readonly signal: AbortSignal;
}

/** Asks the agent whether it can start while its folder is made; a dry run does both, and leaves nothing behind. */
export async function prepareAttempt(parts: AttemptParts, { worktrees, commands, signal }: Tools): Promise<Ready> {
  const { host, run, agent, ledger } = parts;
  const { dryRun, limits, dailyLimits } = host.options;
  const { left, problem: spent } = await ledger.left(dailyLimits);
  if (spent !== undefined) return { problem: spent, cause: 'budget' };
  const [made, checked] = await Promise.allSettled([
    open(parts, worktrees),
    agent.check(run.get(verdict).kind === 'CODE' ? 'write' : 'read'),
  ]);
  if (made.status === 'rejected') throw made.reason;
  const worktree = made.value;
  const problem = checked.status === 'rejected' ? String(checked.reason) : checked.value[0];
  if (problem === undefined && !dryRun) {
    try {
      const trouble = await commands.furnish(worktree, signal);
      if (trouble === undefined) return { worktree, limits: stricter(limits, left) };
      await worktrees.discard(worktree);
      return { problem: trouble };
    } catch (error) {
      // Stopped meanwhile: whoever goes on begins anew.
      await worktrees.discard(worktree);
      throw error;
    }
  }
  await worktrees.discard(worktree);
  return problem === undefined ? { dryRun: true } : { problem };
}

function open(parts: AttemptParts, worktrees: Worktrees): Promise<Worktree> {
  const { host, run, suffix } = parts;
  const { kind, text } = run.get(verdict);
  const goesOn = goesOnWith(parts);
  const worktreesFolder = join(host.get(Folders).state, 'worktrees');
  // Where work was done in place then, and is not now, the conversation's folder is the person's checkout.
  const before = goesOn && isDirectlyIn(worktreesFolder, goesOn.folder) ? goesOn.folder : undefined;
  const folder = before ?? join(worktreesFolder, `${run.id}${suffix}`);
  if (kind === 'CODE' && goesOn?.branch !== undefined) return worktrees.reopen(folder, goesOn.branch, goesOn.left);
  return worktrees.open(
    folder,
    kind === 'CODE' ? `${branchName(run.id, cleaner(host.get(Redact))(text))}${suffix}` : undefined,
  );
}

/** What a stored request names is made and removed: that is never anything else. */
const isDirectlyIn = (folder: string, path: string) => resolve(path) === path && dirname(path) === folder;

/** What it goes on with; a second agent knows nothing of the conversation. */
export function goesOnWith({ run, suffix }: AttemptParts) {
  return suffix === '' ? run.get(verdict).continues : undefined;
}
