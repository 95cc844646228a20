import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { factsReader } from '../../../src/plugins/optimizer/repository-facts.ts';
import { fakeHost } from '../../support/fake-run.ts';
import { factsOf } from './facts-of.ts';
import { type Layout, writeLayout } from './layout.ts';

const CORP = 'https://npm.corp.example/x.tgz';
// Made up, and put together here so that nobody takes it for one that is used.
const OPEN = ['https://x', 'npmjs', 'example/x.tgz'].join('.');
const node = { 'package.json': { dependencies: { react: '19.0.0', left: '1.0.0', secret: '1.0.0' } } };
const python = { 'pyproject.toml': '[project]\nname = "app"\ndependencies = ["flask", "left", "secret"]\n' };
const uv = (registry: string, name: string) => `[[package]]\nname = "${name}"\nsource = { registry = "${registry}" }\n`;

describe('what a lock has from a place that not everybody can read is private', () => {
  it.each<[string, Layout['files']]>([
    [
      'package-lock.json',
      {
        'package-lock.json': {
          packages: {
            'node_modules/react': { version: '19.0.0', resolved: CORP },
            'node_modules/secret': { version: '1.0.0', resolved: CORP },
            'node_modules/left': { version: '1.0.0', resolved: CORP.replace('npm.corp', 'npmjs') },
          },
        },
      },
    ],
    ['npm-shrinkwrap.json', { 'npm-shrinkwrap.json': { dependencies: { secret: { resolved: CORP } } } }],
    ['yarn.lock', { 'yarn.lock': `left@^1:\n  resolved "${OPEN}"\n\nsecret@^1, secret@1:\n  resolved "${CORP}"\n` }],
    [
      'yarn.lock of today',
      { 'yarn.lock': `"secret@npm:^1":\n  resolution: "secret@npm:1::__archiveUrl=${encodeURIComponent(CORP)}"\n` },
    ],
    [
      'pnpm-lock.yaml',
      {
        'pnpm-lock.yaml': `  left@1.0.0:\n    resolution: {integrity: x}\n  secret@1.0.0:\n    resolution: {tarball: ${CORP}}\n`,
      },
    ],
  ])('%s', async (_, lock) => {
    const { packages } = await factsOf({ ...node, ...lock });
    expect(packages).toContain('react 19.0.0');
    expect(packages.some((line) => line.startsWith('secret'))).toBe(false);
    if (!('package-lock.json' in lock)) expect(packages).toContain('left 1.0.0');
  });

  it.each<[string, Layout['files']]>([
    ['uv.lock', { 'uv.lock': uv('https://pypi.example/simple', 'left') + uv('https://pypi.corp.example', 'Secret') }],
    ['a place on a disk', { 'uv.lock': uv('../wheels', 'secret') }],
    [
      'poetry.lock',
      {
        'poetry.lock':
          '[[package]]\nname = "secret"\n[package.source]\ntype = "legacy"\nurl = "https://corp.example"\n',
      },
    ],
  ])('%s', async (_, lock) => {
    expect((await factsOf({ ...python, ...lock })).packages).toEqual(['flask', 'left']);
  });

  it.each(['uv.toml', 'pip.conf', 'pip.ini'])('%s names an index, or may', async (name) => {
    expect((await factsOf({ ...python, [name]: '' })).packages).toEqual(['flask']);
  });

  test('composer.lock', async () => {
    const dist = (name: string, url: string) => ({ name, dist: { url } });
    const locked = [dist('x/left', 'https://api.github.com/x'), dist('x/secret', 'https://packages.corp.example/x')];
    const manifest = { require: { 'x/left': '^1.0', 'x/secret': '^1.0', 'x/path': '^1.0' } };
    const files = { 'composer.json': manifest, 'composer.lock': { packages: locked } };
    expect((await factsOf(files)).packages).toEqual(['x/left 1.0', 'x/path 1.0']);
  });

  test('a lock that is too long makes all private that not everybody knows', async () => {
    const long = { 'yarn.lock': ' '.repeat(4 * 1024 * 1024 + 1) };
    expect((await factsOf({ ...node, ...long })).packages).toEqual(['react 19.0.0']);
  });
});

describe('what the machine says', () => {
  const all = {
    ...{ ...node, ...python },
    'go.mod': 'module x.example/y\nrequire github.com/z/left v1.0.0\n',
  };
  const told = ['react 19.0.0', 'flask', 'left 1.0.0', 'secret 1.0.0', 'left', 'secret', 'github.com/z/left 1.0.0'];
  async function readWith(variables: Readonly<Record<string, string>>, files: Layout['files'] = all) {
    const folder = mkdtempSync(join(tmpdir(), 'milton-private-'));
    try {
      writeLayout(folder, { files, facts: {} });
      const home = join(folder, 'home');
      return (await factsReader(fakeHost(undefined, {}, { variables: { HOME: home, ...variables } }).get)(folder))
        .packages;
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  test('nothing', async () => expect((await readWith({})).toSorted()).toEqual(told.toSorted()));

  it.each([
    ['npm_config_registry', CORP, ['left 1.0.0', 'secret 1.0.0']],
    ['npm_config_registry', OPEN, []],
    ['PIP_INDEX_URL', 'https://pypi.corp.example', ['left', 'secret']],
    ['UV_DEFAULT_INDEX', 'https://pypi.corp.example', ['left', 'secret']],
    ['GOPRIVATE', '*.corp.example', ['github.com/z/left 1.0.0']],
  ])('%s of %s', async (name, value, hidden) => {
    const rest = told.filter((line) => !hidden.includes(line));
    expect((await readWith({ [name]: value })).toSorted()).toEqual(rest.sort());
  });

  it.each([
    [`registry=${CORP}`, ['react 19.0.0']],
    [`@corp:registry=${CORP}`, ['react 19.0.0', 'left 1.0.0']],
    [`registry=${OPEN}`, ['react 19.0.0', '@corp/x 1.0.0', 'left 1.0.0']],
  ])('.npmrc at home: %s', async (line, expected) => {
    const files = {
      'package.json': { dependencies: { react: '19.0.0', '@corp/x': '1.0.0', left: '1.0.0' } },
      'home/.npmrc': `//host/:_authToken=x\n${line}\n`,
    };
    expect(await readWith({}, files)).toEqual(expected);
  });
});
