// Every command line that the pages show is run by a test: test/e2e/docs-commands.test.ts runs those of `lines.ts`, something else those
// of `elsewhere.ts`.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../support/pages.ts';
import { shownLines } from './collect.ts';
import { ELSEWHERE, NAMED } from './elsewhere.ts';
import { ALONE, CHANGING, LOOKING, SERVER } from './lines.ts';

const shown = shownLines();
const known = [...[LOOKING, CHANGING, ALONE, ELSEWHERE].flatMap((table) => Object.keys(table)), ...SERVER, ...NAMED];

test('each line is in one of the tables', () => {
  const unknown = [...shown].filter(([line]) => !known.includes(line));
  expect(unknown.map(([line, pages]) => `${line}   (${pages.join(', ')})`)).toEqual([]);
});

test('each line of a table is in a page, and in one table', () => {
  expect(known.filter((line) => !shown.has(line))).toEqual([]);
  expect(known.filter((line, i) => known.indexOf(line) !== i)).toEqual([]);
});

test.each(Object.entries(ELSEWHERE))('%s is run elsewhere', (_, { because, file, text }) => {
  expect(because).not.toBe('');
  expect(readFileSync(join(root, file), 'utf8')).toContain(text);
});
