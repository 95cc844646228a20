import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const TESTS = resolve(import.meta.dirname, '../..');
const PLACES = ['transports/ntfy', 'plugins', 'e2e/ntfy.test.ts'];
/** How a test says what it shows: `rule 5: …`, `rules 1 and 2: …`, `rules 15 to 17: …`. */
const TITLE = /['"`]rules? (\d[\d, andto]*): /g;

const rules = Array.from({ length: 30 }, (_, index) => index + 1);

test('each of the 30 rules of a good ntfy client is shown by a test', () => {
  const named = new Set(files().flatMap((file) => [...readFileSync(file, 'utf8').matchAll(TITLE)].flatMap(numbers)));
  expect(rules.filter((rule) => !named.has(rule))).toEqual([]);
});

function files(): string[] {
  return PLACES.flatMap((place) => {
    const path = join(TESTS, place);
    if (place.endsWith('.ts')) return [path];
    return readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.test.ts') && name !== 'rules.test.ts')
      .map((name) => join(path, name));
  });
}

function numbers([, list = '']: RegExpMatchArray): number[] {
  return list.split(/, | and /).flatMap((part) => {
    const [first = 0, last = first] = part.split(' to ').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
