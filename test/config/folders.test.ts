import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { prepareFolders } from '../../config/folders.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'milton-folders-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const under = (state: string) => ({ state, output: join(state, 'output'), logs: join(state, 'logs') });
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

test('creates what is missing, for its owner alone, and accepts it again', () => {
  const folders = under(join(root, 'a/b/state'));
  expect(prepareFolders(folders)).toEqual([]);
  expect([folders.state, folders.output, folders.logs, join(root, 'a')].map(modeOf)).toEqual([
    '700',
    '700',
    '700',
    '700',
  ]);
  expect(prepareFolders(folders)).toEqual([]);
});

test('only looks where it is told to', () => {
  const folders = under(join(root, 'state'));
  expect(prepareFolders(folders, { create: false })).toEqual([]);
  expect(existsSync(folders.state)).toBe(false);
});

const bad: [string, (path: string) => void, RegExp][] = [
  ['a file', (path) => writeFileSync(path, ''), /is not a folder$/],
  ['a symbolic link', (path) => symlinkSync(root, path), /is a symbolic link$/],
  ['a link to nowhere', (path) => symlinkSync(join(root, 'nowhere'), path), /is a symbolic link$/],
  ['writable by the group', (path) => open(path, 0o770), /other users can write to/],
  ['writable by all', (path) => open(path, 0o777), /other users can write to/],
];
function open(path: string, mode: number): void {
  mkdirSync(path);
  chmodSync(path, mode);
}

test.each(bad)('refuses one that is %s', (_, make, what) => {
  const path = join(root, 'state');
  make(path);
  const [problem] = prepareFolders({ state: path, output: join(root, 'output'), logs: join(root, 'logs') });
  expect(problem).toMatchObject({ where: 'STATE_DIR', what: expect.stringMatching(what), repair: expect.any(String) });
});

test('names the variable of each bad folder', () => {
  writeFileSync(join(root, 'file'), '');
  const problems = prepareFolders({ state: join(root, 'state'), output: join(root, 'file'), logs: join(root, 'file') });
  expect(problems.map(({ where }) => where)).toEqual(['OUTPUT_DIR', 'LOG_DIR']);
});

test('refuses a parent that is a file, or that everybody can write to', () => {
  writeFileSync(join(root, 'file'), '');
  expect(prepareFolders(under(join(root, 'file/state')))[0]?.what).toMatch(/file is not a folder$/);
  open(join(root, 'open'), 0o777);
  expect(prepareFolders(under(join(root, 'open/state')))[0]?.what).toMatch(/every user can write to .*open/);
});

test('accepts a sticky parent such as /tmp', () => {
  open(join(root, 'sticky'), 0o1777);
  chmodSync(join(root, 'sticky'), 0o1777);
  expect(prepareFolders(under(join(root, 'sticky/state')))).toEqual([]);
});

test.runIf(process.getuid?.() === 0)('refuses what belongs to somebody else', () => {
  mkdirSync(join(root, 'state'));
  chownSync(join(root, 'state'), 12_345, 12_345);
  expect(prepareFolders(under(join(root, 'state')))[0]?.what).toMatch(/belongs to another user$/);
  expect(prepareFolders(under(join(root, 'state/inner')))[0]?.what).toMatch(/which it is in, belongs to another user$/);
});

test.runIf(process.platform === 'linux')('refuses where only the system can make folders, and does not hang', () => {
  for (const create of [true, false]) {
    expect(prepareFolders(under('/proc/milton/state'), { create })).toEqual([
      {
        where: 'STATE_DIR',
        what: '/proc/milton/state cannot be created in /proc: it belongs to the system',
        repair: 'Name a folder you can write to',
      },
    ]);
  }
});

test.runIf(process.getuid?.() !== 0).each([true, false])('refuses what cannot be made or written to', (create) => {
  open(join(root, 'shut'), 0o500);
  const [state, output] = prepareFolders(
    { state: join(root, 'shut/state'), output: join(root, 'shut'), logs: join(root, 'logs') },
    { create },
  );
  expect(state?.what).toBe(`${join(root, 'shut/state')} cannot be created in ${join(root, 'shut')}: EACCES`);
  expect(output?.what).toBe(`${join(root, 'shut')} cannot be written to: EACCES`);
});
