import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { misplaced } from '../../config/misplaced.ts';

let root: string;
const at = (path: string) => join(root, path);

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'milton-misplaced-'));
  vi.stubEnv('HOME', at('home'));
  for (const name of ['app', 'api']) {
    mkdirSync(at(`${name}/.git/objects`), { recursive: true });
    writeFileSync(at(`${name}/.git/HEAD`), '');
  }
  mkdirSync(at('mine'));
  for (const folder of ['mine', 'app']) {
    for (const name of ['milton.config.ts', '.env']) writeFileSync(at(`${folder}/${name}`), '');
  }
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

const wrong = (
  more: Partial<Record<'config' | 'state' | 'output' | 'logs' | 'database', string>> & { repositories?: string[] } = {},
) => {
  const {
    config = 'mine',
    state = 'state',
    output = `${state}/output`,
    logs = `${state}/logs`,
    database,
    repositories = ['api', 'app'],
  } = more;
  const places = {
    path: at(`${config}/milton.config.ts`),
    base: at(config),
    folders: {
      ...{ state: at(state), output: at(output), logs: at(logs) },
      ...{ keys: at('home/.config/milton'), database: database && at(database) },
    },
  };
  const configured = repositories.map((name) => ({ name, path: name && at(name), agent: undefined }));
  return misplaced(places, configured).map(({ where, what }) => `${where}: ${what}`);
};

test('T7: what lies outside of every repository is right', () => {
  expect(wrong()).toEqual([]);
  expect(wrong({ state: 'app-state' })).toEqual([]);
});

test('T7: the configuration and its .env in a repository that it names', () => {
  const theirs = `it lies in ${at('app')}, where agents work, and could be theirs`;
  expect(wrong({ config: 'app' })).toEqual([
    `${at('app/milton.config.ts')}: ${theirs}`,
    `${at('app/.env')}: ${theirs}`,
  ]);
  symlinkSync(at('app'), at('link'));
  expect(wrong({ config: 'link' })).toHaveLength(2);
  rmSync(at('mine/.env'));
  symlinkSync(at('app/.env'), at('mine/.env'));
  expect(wrong()).toEqual([`${at('mine/.env')}: ${theirs}`]);
});

test('T7: the state, outputs, logs and keys in a repository, each told once', () => {
  expect(wrong({ state: 'app/.milton' })).toEqual([
    `STATE_DIR: ${at('app/.milton')} lies in ${at('app')}, where agents work`,
  ]);
  expect(wrong({ output: 'app/out', logs: 'api' })).toEqual([
    `OUTPUT_DIR: ${at('app/out')} lies in ${at('app')}, where agents work`,
    `LOG_DIR: ${at('api')} lies in ${at('api')}, where agents work`,
  ]);
  expect(wrong({ database: 'api/data' })).toEqual([
    `sqlite({ file }): ${at('api/data')} lies in ${at('api')}, where agents work`,
  ]);
  mkdirSync(at('home/.git/objects'), { recursive: true });
  writeFileSync(at('home/.git/HEAD'), '');
  expect(wrong({ repositories: ['home'] })).toEqual([
    `~/.config/milton: ${at('home/.config/milton')} lies in ${at('home')}, where agents work`,
  ]);
});

test('T7: a repository by another name, through a link, is the same one', () => {
  symlinkSync(at('app'), at('link'));
  expect(wrong({ state: 'link/state', repositories: ['app'] })).toHaveLength(1);
  expect(wrong({ state: 'app/state', repositories: ['link'] })).toHaveLength(1);
});

test('what is no checkout, or has no path, is told elsewhere', () => {
  expect(wrong({ config: 'app', repositories: ['', 'mine', 'nowhere'] })).toEqual([]);
  // Not the current folder either, which is a checkout here.
  const folders = { state: at('state'), output: at('state'), logs: at('state'), keys: at('home') };
  const here = { path: resolve('package.json'), base: resolve('.'), folders };
  expect(misplaced(here, [{ name: 'app', path: '', agent: undefined }])).toEqual([]);
});
