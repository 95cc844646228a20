import type { Evidence } from './evidence.ts';

type Files = Evidence['files'];

/** "2 files +84 −6", "0 files changed". */
export function sizeOf(files: Files): string {
  if (files.length === 0) return '0 files changed';
  const sum = (key: 'added' | 'removed') => files.reduce((total, each) => total + each[key], 0);
  return `${files.length} ${files.length === 1 ? 'file' : 'files'} +${sum('added')} −${sum('removed')}`;
}

/** One line for each file: `  src/app.ts +4 −2`; what is more than `shown` is counted. */
export function fileLines(files: Files, shown = Number.POSITIVE_INFINITY): readonly string[] {
  const lines = files.slice(0, shown).map(({ path, added, removed }) => `  ${path} +${added} −${removed}`);
  return files.length > shown ? [...lines, `and ${files.length - shown} more`] : lines;
}
