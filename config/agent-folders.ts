import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { isCheckout, sharedGitFolder } from './checkout.ts';
import { isInside, realPath } from './inside.ts';
import type { LoadedEnvironment } from './load-environment.ts';
import { ownFolder } from './own-folder.ts';

/** Where earlier starts have noted the repositories of this user, so that another folder's `.env` cannot make Milton forget them. */
const record = () => join(ownFolder(), 'repositories.json');

/** The folders that agents work in: those that were recorded, and those that the environment names. */
export function agentFolders({ values }: Pick<LoadedEnvironment, 'values'>): readonly string[] {
  const named = String(values.TARGET_REPO);
  return [
    ...recorded(),
    ...(isCheckoutHere(named) ? [realPath(named)] : []),
    realPath(copies(String(values.STATE_DIR))),
  ];
}

/** Notes where agents work, beside what was noted before. Throws what the file system says. */
export function recordAgentFolders(repositories: readonly string[], state: string): void {
  const before = recorded();
  const folders = new Set([...before, ...[...repositories, copies(state)].map(realPath)]);
  if (folders.size === before.length) return;
  const file = record();
  const draft = `${file}.${process.pid}`;
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  rmSync(draft, { force: true });
  writeFileSync(draft, `${JSON.stringify({ v: 1, folders: [...folders] }, null, 2)}\n`, {
    mode: 0o600,
    flag: 'wx',
    flush: true,
  });
  renameSync(draft, file);
}

/**
 * The folder of these that a path lies in, by itself or in another worktree of its repository: what is there may have been put
 * there by an agent, or by whoever commits.
 */
export function agentFolderOf(path: string, folders: readonly string[]): string | undefined {
  const real = realPath(path);
  const around = folders.find((folder) => isInside(real, folder));
  if (around !== undefined) return around;
  const shared = new Set<string>();
  for (let parent = dirname(real); ; parent = dirname(parent)) {
    const git = sharedGitFolder(parent);
    if (git !== undefined) shared.add(git);
    if (parent === dirname(parent)) break;
  }
  return shared.size === 0 ? undefined : folders.find((folder) => shared.has(sharedGitFolder(folder) ?? ''));
}

const copies = (state: string) => join(state, 'worktrees');

function isCheckoutHere(path: string): boolean {
  try {
    return path !== '' && isCheckout(path);
  } catch {
    return false;
  }
}

/** Whatever else is in the file, or is wrong with it, is left out: a start writes it anew. */
function recorded(): readonly string[] {
  try {
    const { folders } = JSON.parse(readFileSync(record(), 'utf8')) as { folders?: unknown };
    return (folders as unknown[]).filter((path): path is string => typeof path === 'string' && isAbsolute(path));
  } catch {
    return [];
  }
}
