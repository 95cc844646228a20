import type { Git } from './git.ts';

/** What is on a commit beyond another one, as git tells it. */
export interface Evidence {
  readonly commits: number;
  readonly files: readonly { readonly path: string; readonly added: number; readonly removed: number }[];
}

/** Compares two commits. */
export async function evidence(git: Git, base: string, head: string): Promise<Evidence> {
  if (base === head) return { commits: 0, files: [] };
  const [count, numbers] = await Promise.all([
    git.run('rev-list', '--count', `${base}..${head}`),
    git.run('diff', '--numstat', '--no-renames', '--no-ext-diff', '--no-textconv', '-z', base, head),
  ]);
  return { commits: Number(count), files: parseNumstat(numbers) };
}

/** Reads `git diff --numstat --no-renames -z`; a binary file, for which git counts no lines, has none. */
export function parseNumstat(text: string): Evidence['files'] {
  return text.split('\0').flatMap((line) => {
    const [, added, removed, path] = /^(\d+|-)\t(\d+|-)\t([\s\S]+)$/.exec(line) ?? [];
    return path === undefined ? [] : [{ path, added: Number(added) || 0, removed: Number(removed) || 0 }];
  });
}

/** "3 files changed", "1 file changed", "0 files changed". */
export function countFiles(files: readonly unknown[]): string {
  return `${files.length} ${files.length === 1 ? 'file' : 'files'} changed`;
}
