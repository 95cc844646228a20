import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeFiles } from '../../../src/cli/init/write-files.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'milton-files-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);
const all = () => Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(at(name), 'utf8')]));

test('writes files for their owner alone, and leaves nothing else', () => {
  const drafts = ['a', 'b'].map((name) => ({ path: at(name), text: name }));
  expect(writeFiles(drafts, [])).toEqual([]);
  expect(all()).toEqual({ a: 'a', b: 'b' });
  expect(statSync(at('a')).mode & 0o777).toBe(0o600);
});

test('keeps what stood there, also twice in one second', () => {
  const now = new Date('2026-11-27T08:00:00Z');
  const write = (text: string, there = [at('a')]) => writeFiles([{ path: at('a'), text }], there, now);
  expect(write('1', [])).toEqual([]);
  expect(write('2')).toEqual([at('a.2026-11-27T08-00-00.bak')]);
  expect(write('3')).toEqual([at('a.2026-11-27T08-00-00-2.bak')]);
  expect(all()).toEqual({ a: '3', 'a.2026-11-27T08-00-00.bak': '1', 'a.2026-11-27T08-00-00-2.bak': '2' });
});

test('where one of them cannot be written, all is as it was', () => {
  writeFileSync(at('a'), 'before');
  // A folder of this name is in the way of the last one.
  mkdirSync(join(folder, 'b', 'full'), { recursive: true });
  const drafts = [
    { path: at('a'), text: '1' },
    { path: at('b'), text: '2' },
  ];
  expect(() => writeFiles(drafts, [at('a'), at('b')])).toThrow();
  expect(readdirSync(folder).sort()).toEqual(['a', 'b']);
  expect(readFileSync(at('a'), 'utf8')).toBe('before');
});

test('a file that has come meanwhile is left alone, and all is as it was', () => {
  writeFileSync(at('b'), 'theirs');
  const drafts = ['a', 'b'].map((name) => ({ path: at(name), text: 'mine' }));
  expect(() => writeFiles(drafts, [])).toThrow(expect.objectContaining({ code: 'FILE_APPEARED' }));
  expect(all()).toEqual({ b: 'theirs' });
});
