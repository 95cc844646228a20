import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The folder of the package. */
export const root = resolve(import.meta.dirname, '../..');
/** The pages people read, relative to `root`. */
export const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'SECURITY.md',
  ...globSync('docs/*.md', { cwd: root }),
];
/** The text of a page. */
export const read = (page: string) => readFileSync(join(root, page), 'utf8');
/** A text without its fenced code blocks. */
export const withoutBlocks = (text: string) => text.replace(/^ *```[\s\S]*?^ *```$/gm, '');
/** What stands under a second-level heading. */
export const section = (page: string, title: string) =>
  read(page).split(`\n## ${title}\n`)[1]?.split(/\n## /)[0] ?? `${page} has no section "${title}"`;
/** The code spans of a text. */
export const codes = (text: string) => [...text.matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!);

/** The rows of the tables in a text, without their heads, each a list of cells. */
export function rows(text: string): string[][] {
  const lines = text.split('\n').map((line) => line.trim());
  return lines
    .filter(
      (line, i) => line.startsWith('|') && !/^\|[-|: ]+\|$/.test(line) && !/^\|[-|: ]+\|$/.test(lines[i + 1] ?? ''),
    )
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim()),
    );
}
