// What the schemas say all of is written by `npm run docs`, which runs this file and keeps what it makes; without that, a difference fails.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { envExample } from '../scripts/docs/env-example.ts';
import { fill } from '../scripts/docs/fill.ts';
import { tables } from '../scripts/docs/tables.ts';
import { root, rows } from './support/pages.ts';

const file = (name: string) => join(root, name);
const HOW = 'Run: npm run docs';

test('the tables of the page of configuration are those of the schemas', async () => {
  const page = file('docs/configuration.md');
  await expect(fill(readFileSync(page, 'utf8'), tables), HOW).toMatchFileSnapshot(page);
});

test('.env.example is that of the variables', async () => {
  await expect(envExample(), HOW).toMatchFileSnapshot(file('.env.example'));
});

test('everything in them is described', () => {
  const bare = [...tables].flatMap(([name, table]) =>
    rows(table)
      .filter((cells) => !cells.at(-1))
      .map(([option]) => `${name} ${option}`),
  );
  expect(bare).toEqual([]);
});

test('a page without a place for a table, or with one for none, is refused', () => {
  const page = '<!-- table: a -->\nold\n<!-- end of table -->\n';
  expect(fill(page, new Map([['a', 'new']]))).toBe('<!-- table: a -->\nnew\n<!-- end of table -->\n');
  expect(() => fill(page, new Map())).toThrow('wants a table "a"');
  expect(() => fill('', new Map([['a', 'new']]))).toThrow('no place for a');
});
