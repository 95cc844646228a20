import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { wayTo } from '../../config/way.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'milton-way-'));
  mkdirSync(join(root, 'a/b'), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** What is passed on the way to a path, below the scratch folder. */
const passed = (path: string) =>
  [...wayTo(join(root, path))].flatMap(({ place }) =>
    place.startsWith(`${root}/`) ? [place.slice(root.length + 1)] : [],
  );

test('every folder from the root on, not the path itself, as far as there are any', () => {
  expect([...wayTo(join(root, 'a/b/c'))][0]?.place).toBe('/');
  expect(passed('a/b/c')).toEqual(['a', 'a/b']);
  expect(passed('a/b')).toEqual(['a']);
  expect(passed('none/b/c')).toEqual([]);
  writeFileSync(join(root, 'file'), '');
  expect(passed('file/b/c')).toEqual(['file']);
});

test('links and all that they lead through: relative, absolute, with .. and in a row', () => {
  symlinkSync('a/../a/b', join(root, 'one'));
  symlinkSync(join(root, 'one'), join(root, 'a/two'));
  expect(passed('one/x')).toEqual(['one', 'a', 'a', 'a/b']);
  expect(passed('a/two/x')).toEqual(['a', 'a/two', 'one', 'a', 'a', 'a/b']);
});

test('a loop of links comes to an end', () => {
  symlinkSync('loop', join(root, 'loop'));
  expect(() => passed('loop/x')).toThrow(/leads to itself/);
});
