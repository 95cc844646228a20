import { lstat, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Git } from './git.ts';

/** What Claude Code's sandbox puts itself in the place of; where it is killed, empty files of these names stay behind. */
const NAMES = [
  ...['.bash_profile', '.bashrc', '.profile', '.zprofile', '.zshrc', '.ripgreprc', '.gitconfig', '.gitmodules'],
  ...['.claude', '.mcp.json', '.idea', '.vscode'],
];
/** A lock of git that holds nothing for so long, in ms, is nobody's: git itself writes it at once. */
const STALE = 10_000;

/** Removes what a sandbox that was killed has left in a worktree and in the repository: nobody's work. */
export async function sweepSandbox(git: Git): Promise<void> {
  const found = (await git.try('ls-files', '--others', '-z', '--', ...NAMES)).stdout.split('\0');
  for (const path of found) {
    if (NAMES.includes(path) || path.startsWith('.claude/')) await removeEmpty(join(git.folder, path), 0);
  }
  await rmdir(join(git.folder, '.claude')).catch(() => {});
  const lock = await git.try('rev-parse', '--path-format=absolute', '--git-path', 'config.lock');
  if (lock.exitCode === 0) await removeEmpty(lock.stdout.trim(), STALE);
}

async function removeEmpty(path: string, age: number): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isFile() && found.size === 0 && Date.now() - found.mtimeMs >= age) await rm(path, { force: true });
}
