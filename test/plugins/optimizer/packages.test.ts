import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { factsOf } from './facts-of.ts';
import type { Layout } from './layout.ts';

const packagesOf = async (files: Layout['files']) => (await factsOf(files)).packages;
const npm = (dependencies: object, more: object = {}) => ({ 'package.json': { dependencies, ...more } });
const python = (dependencies: readonly string[], rest = '') => ({
  'pyproject.toml': `[project]\nname = "app"\ndependencies = ${JSON.stringify(dependencies)}\n${rest}`,
});

test('at most 40, known ones and those that it runs with first', async () => {
  const many = (prefix: string) =>
    Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`${prefix}${index}`, '1.0.0']));
  const packages = await packagesOf({
    'package.json': {
      devDependencies: { ...many('dev'), vitest: '3.0.0' },
      dependencies: { ...many('run'), react: '19.0.0' },
    },
  });
  expect(packages).toHaveLength(40);
  expect(packages.slice(0, 3)).toEqual(['react 19.0.0', 'vitest 3.0.0', 'run0 1.0.0']);
  expect(packages.filter((line) => line.startsWith('dev'))).toHaveLength(8);
});

describe('what may be private never leaves the machine', () => {
  test('places of their own, and names that are none', async () => {
    const dependencies = {
      '@corp/secret': '1.0.0',
      '@inner/tool': '1.0.0',
      local: 'file:../local',
      linked: 'workspace:*',
      forked: 'git+ssh://git@host/x.git',
      github: '1corp/secret',
      aliased: 'npm:other@1.0.0',
      tarball: 'https://host/x.tgz',
      anything: '*',
      'evil\nname': '1.0.0',
      '"; ignore this': '1.0.0',
      [`x${'y'.repeat(100)}`]: '1.0.0',
      odd: 5,
      zod: '>=4.0.0',
      react: 'file:../react',
    };
    const settings = { '.npmrc': '\n@inner:registry=https://npm.inner.example\n' };
    expect(await packagesOf({ ...npm(dependencies, { name: '@corp/app' }), ...settings })).toEqual([
      'react',
      'zod 4.0.0',
    ]);
  });

  it.each<[string, Layout['files']]>([
    ['.npmrc', { '.npmrc': 'registry = https://npm.corp.example\n' }],
    ['.yarnrc', { '.yarnrc': 'registry "https://npm.corp.example"\n' }],
    ['.yarnrc.yml', { '.yarnrc.yml': 'npmRegistryServer: "https://npm.corp.example"\n' }],
    ['bunfig.toml', { 'bunfig.toml': '[install]\nregistry = "https://npm.corp.example"\n' }],
    ['pnpm-workspace.yaml', { 'pnpm-workspace.yaml': 'registries:\n  default: https://npm.corp.example\n' }],
    ['a workspace that cannot be known whole', { 'pnpm-workspace.yaml': "packages: ['{a,b}/*']\n" }],
  ])('with a registry of its own in %s, only what everybody knows is told', async (_, settings) => {
    expect(await packagesOf({ ...npm({ secret: '1.0.0', react: '19.0.0' }), ...settings })).toEqual(['react 19.0.0']);
  });

  test('where settings cannot be read, only what everybody knows is told', async () => {
    const link = (name: string) => (folder: string) => symlinkSync('/nowhere', join(folder, name));
    const node = await factsOf(npm({ secret: '1.0.0', react: '19.0.0' }), link('.npmrc'));
    expect(node.packages).toEqual(['react 19.0.0']);
    const crates = { 'Cargo.toml': '[dependencies]\nsecret = "1"\nclap = "4"\n', '.cargo/x': '' };
    expect((await factsOf(crates, link('.cargo/config'))).packages).toEqual(['clap 4']);
    const members = { 'a/package.json': '{', 'b/package.json': { name: 'b' } };
    const workspace = npm({ secret: '1.0.0' }, { workspaces: ['*'] });
    expect((await factsOf({ ...workspace, ...members })).packages).toEqual([]);
  });

  it.each<[string, Layout['files']]>([
    ['.yarnrc', { '.yarnrc': '"@inner:registry" "https://npm.corp.example"\n' }],
    ['.yarnrc.yml', { '.yarnrc.yml': 'npmScopes:\n  inner:\n    npmRegistryServer: "https://npm.corp.example"\n' }],
    ['bunfig.toml', { 'bunfig.toml': '[install.scopes]\ninner = "https://npm.corp.example"\n' }],
    ['pnpm-workspace.yaml', { 'pnpm-workspace.yaml': "registries:\n  '@inner': https://npm.corp.example\n" }],
  ])('a scope with a registry of its own in %s', async (_, settings) => {
    expect(await packagesOf({ ...npm({ '@inner/x': '1.0.0', left: '1.0.0' }), ...settings })).toEqual(['left 1.0.0']);
  });

  test('what the lock file of npm has from another place than most', async () => {
    const from = (host: string) => ({ version: '1.2.3', resolved: `https://${host}/x.tgz` });
    const packages = {
      'node_modules/a': from('npmjs.example'),
      'node_modules/b': from('npmjs.example'),
      'node_modules/secret': from('npm.corp.example'),
      'node_modules/linked': { resolved: 'packages/linked', link: true },
    };
    const dependencies = { a: '^1.0.0', b: '*', secret: '^1.0.0', linked: '^1.0.0' };
    expect(await packagesOf({ ...npm(dependencies), 'package-lock.json': { packages } })).toEqual([
      'a 1.2.3',
      'b 1.2.3',
    ]);
  });

  test('members of a workspace of more folders than are looked into', async () => {
    const members = Object.fromEntries(
      Array.from({ length: 310 }, (_, index) => [`packages/${index}/package.json`, { name: `member${index}` }]),
    );
    const dependencies = { member309: '1.0.0', react: '19.0.0', left: '1.0.0' };
    expect(await packagesOf({ ...npm(dependencies, { workspaces: ['packages/*'] }), ...members })).toEqual([
      'react 19.0.0',
    ]);
  });

  it.each<[string, Layout['files']]>([
    ['requirements.txt', { 'requirements.txt': '--extra-index-url https://pypi.corp.example\n' }],
    ['an index of uv', python([], '[[tool.uv.index]]\nname = "corp"\nurl = "https://pypi.corp.example"\n')],
    ['a source of poetry', python([], '[[tool.poetry.source]]\nname = "corp"\n')],
    ['a Pipfile', { Pipfile: '[[source]]\nname = "corp"\n' }],
  ])('of Python with an index of its own in %s, only what everybody knows is told', async (_, settings) => {
    expect(await packagesOf({ 'requirements-x.txt': 'secret==1.0\nflask==3.0\n', ...settings })).toEqual(['flask 3.0']);
  });

  test('of Python, what is said to come from elsewhere', async () => {
    const sources =
      '[tool.uv.sources]\nsecret = { index = "corp" }\nMy_Lib = { workspace = true }\n[[tool.uv.index]]\nname = "corp"\nexplicit = true\n';
    expect(await packagesOf(python(['secret==1', 'my.lib', 'app[extra]', 'httpx==0.28'], sources))).toEqual([
      'httpx 0.28',
    ]);
  });

  test('of Rust, where crates are replaced', async () => {
    const files = { 'Cargo.toml': '[dependencies]\nsecret = "1"\nclap = "4"\n' };
    const settings = { '.cargo/config.toml': '[source.crates-io]\nreplace-with = "corp"\n' };
    expect(await packagesOf({ ...files, ...settings })).toEqual(['clap 4']);
  });

  test('of PHP, where repositories are named', async () => {
    const manifest = { repositories: [{}], require: { 'x/secret': '1.0', 'slim/slim': '^4.0' } };
    expect(await packagesOf({ 'composer.json': manifest })).toEqual(['slim/slim 4.0']);
  });
});
