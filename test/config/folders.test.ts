import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { prepareFolders } from '../../config/folders.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'milton-folders-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const under = (state: string) => ({ state, output: join(state, 'output'), logs: join(state, 'logs') });
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

const NONE = { problems: [], warnings: [] };
/** Everything below a folder, with its kind and mode. */
const treeOf = (path: string) =>
  readdirSync(path, { recursive: true, encoding: 'utf8' }).map(
    (name) => `${name} ${lstatSync(join(path, name)).mode.toString(8)}`,
  );

test('creates what is missing, for its owner alone, and accepts it again', () => {
  const folders = under(join(root, 'a/b/state'));
  expect(prepareFolders(folders)).toEqual(NONE);
  expect([folders.state, folders.output, folders.logs, join(root, 'a')].map(modeOf)).toEqual([
    '700',
    '700',
    '700',
    '700',
  ]);
  expect(prepareFolders(folders)).toEqual(NONE);
});

test('only looks where it is told to', () => {
  const folders = under(join(root, 'state'));
  expect(prepareFolders(folders, { create: false })).toEqual(NONE);
  expect(existsSync(folders.state)).toBe(false);
});

const isRoot = process.getuid?.() === 0;
const STRANGER = 12_345;
const at = (name: string) => join(root, name);
function folder(name: string, mode = 0o700): string {
  mkdirSync(at(name));
  chmodSync(at(name), mode);
  return at(name);
}

const give = (path: string) => lchownSync(path, STRANGER, STRANGER);

interface Bad {
  readonly is: string;
  /** Makes it so. */
  readonly make: () => unknown;
  /** Where the state folder is then; `state` when absent. */
  readonly path?: string;
  readonly what: RegExp;
  /** Whether that can be made here. */
  readonly possible?: boolean;
}

const BAD: readonly Bad[] = [
  { is: 'a file', make: () => writeFileSync(at('state'), ''), what: /state is not a folder$/ },
  { is: 'a named pipe', make: () => execFileSync('mkfifo', [at('state')]), what: /state is not a folder$/ },
  { is: 'a link to a folder', make: () => symlinkSync(root, at('state')), what: /is a symbolic link$/ },
  { is: 'a link to nowhere', make: () => symlinkSync('nowhere', at('state')), what: /is a symbolic link$/ },
  { is: 'a link to itself', make: () => symlinkSync('state', at('state')), what: /is a symbolic link$/ },
  { is: 'writable by the group', make: () => folder('state', 0o770), what: /other users can write to .*state$/ },
  { is: 'writable by all', make: () => folder('state', 0o707), what: /other users can write to .*state$/ },
  {
    is: "another user's",
    make: () => give(folder('state')),
    what: /state belongs to another user$/,
    possible: isRoot,
  },
  { is: 'below a file', make: () => writeFileSync(at('x'), ''), path: 'x/state', what: /x is not a folder$/ },
  {
    is: 'below a folder that all can write to',
    make: () => folder('x', 0o777),
    path: 'x/state',
    what: /every user can write to .*x, which it is in$/,
  },
  {
    is: "below another user's folder",
    make: () => give(folder('x')),
    path: 'x/state',
    what: /x, which it is in, belongs to another user$/,
    possible: isRoot,
  },
  {
    is: "below another user's link",
    make: () => {
      symlinkSync(folder('mine'), at('x'));
      give(at('x'));
    },
    path: 'x/state',
    what: /x, which it is in, belongs to another user$/,
    possible: isRoot,
  },
  {
    is: 'below a link that leads through a folder that all can write to',
    make: () => {
      folder('open', 0o777);
      folder('open/inner');
      symlinkSync('open/inner', at('x'));
    },
    path: 'x/state',
    what: /every user can write to .*open, which it is in$/,
  },
  { is: 'below a loop of links', make: () => symlinkSync('x', at('x')), path: 'x/state', what: /ELOOP/ },
  { is: 'below a link to nowhere', make: () => symlinkSync('y', at('x')), path: 'x/state', what: /ENOENT/ },
  {
    is: 'on a file system that only shows what the system does',
    make: () => {},
    path: '/proc/milton/state',
    what: /^\/proc\/milton\/state cannot be created in \/proc: it belongs to the system$/,
    possible: process.platform === 'linux',
  },
  {
    is: 'where the person may make none',
    make: () => folder('x', 0o500),
    path: 'x/state',
    what: /state cannot be created in .*x: EACCES$/,
    possible: !isRoot,
  },
  {
    is: 'not writable',
    make: () => folder('state', 0o500),
    what: /state cannot be written to: EACCES$/,
    possible: !isRoot,
  },
];

test.each(BAD.filter(({ possible = true }) => possible))(
  'T12: a state folder is refused that is $is, also before a start, and nothing is changed',
  ({ make, path = 'state', what }) => {
    make();
    const before = treeOf(root);
    const problem = expect.objectContaining({ where: 'STATE_DIR', what: expect.stringMatching(what) });
    for (const create of [false, true]) {
      expect(prepareFolders(under(resolve(root, path)), { create })).toEqual({ problems: [problem], warnings: [] });
    }
    expect(treeOf(root)).toEqual(before);
  },
);

test('names the variable of each bad folder', () => {
  writeFileSync(at('file'), '');
  const { problems } = prepareFolders({ state: at('state'), output: at('file'), logs: at('file') });
  expect(problems.map(({ where }) => where)).toEqual(['OUTPUT_DIR', 'LOG_DIR']);
});

test.each(['agents', 'worktrees'])('T12: the folder of the %s in the state folder is no link either', (name) => {
  symlinkSync(folder('elsewhere'), join(folder('state'), name));
  const { problems } = prepareFolders(under(at('state')));
  expect(problems.map(({ where, what }) => [where, what])).toEqual([
    ['STATE_DIR', `${join(at('state'), name)} is a symbolic link`],
  ]);
});

test('accepts a sticky parent such as /tmp', () => {
  folder('sticky', 0o1777);
  expect(prepareFolders(under(at('sticky/state')))).toEqual(NONE);
});

test('T12: what others can read is closed at a start, and told', () => {
  for (const name of ['state', 'state/output', 'state/agents', 'own']) folder(name, 0o755);
  const folders = { ...under(at('state')), keys: at('own') };
  const looked = prepareFolders(folders, { create: false });
  expect(looked.problems).toEqual([]);
  expect(looked.warnings.map(({ what }) => what)).toEqual(
    ['state', 'state/output', 'state/agents', 'own'].map((name) => `other users can read ${at(name)}`),
  );
  expect(modeOf(at('state'))).toBe('755');
  const { problems, warnings } = prepareFolders(folders);
  expect(problems).toEqual([]);
  expect(warnings.map(({ where, what }) => `${where}: ${what}`)).toEqual([
    `STATE_DIR: other users could read ${at('state')}`,
    `OUTPUT_DIR: other users could read ${at('state/output')}`,
    `STATE_DIR: other users could read ${at('state/agents')}`,
    `~/.config/milton: other users could read ${at('own')}`,
  ]);
  expect(['state', 'state/output', 'state/agents', 'own'].map((name) => modeOf(at(name)))).toEqual(
    Array(4).fill('700'),
  );
  expect(prepareFolders(folders)).toEqual(NONE);
});

test('T12: the folder of a database elsewhere is refused where others can write to it; what else is in it may be read', () => {
  const folders = { ...under(at('state')), database: folder('shared', 0o755) };
  expect(prepareFolders(folders)).toEqual(NONE);
  expect(modeOf(at('shared'))).toBe('755');
  chmodSync(at('shared'), 0o775);
  expect(prepareFolders(folders).problems).toEqual([
    {
      where: 'sqlite({ file })',
      what: `other users can write to ${at('shared')}`,
      repair: `Run: chmod 700 ${at('shared')}`,
      mode: { path: at('shared'), mode: 0o700 },
    },
  ]);
});

test('T12: the folder of the keys is refused likewise, and never made', () => {
  const folders = { ...under(at('state')), keys: at('own') };
  expect(prepareFolders(folders)).toEqual(NONE);
  expect(existsSync(at('own'))).toBe(false);
  symlinkSync(folder('dotfiles'), at('own'));
  expect(prepareFolders(folders).problems).toEqual([
    { where: '~/.config/milton', what: `${at('own')} is a symbolic link`, repair: expect.any(String) },
  ]);
});
