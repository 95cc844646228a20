import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { factsOf, NOTHING, readFacts } from './facts-of.ts';
import { expectClean, MANIFESTS } from './manifests.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'milton-hostile-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, content: string | Uint8Array) {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), content);
}

describe('a manifest that is', () => {
  it.each(['', '{', '[]', '42', 'null', '"x"', '{"scripts":5,"dependencies":[],"name":{},"workspaces":[5,{}]}'])(
    'package.json %j',
    async (text) => {
      const facts = { languages: ['JavaScript'], commands: {}, packages: [], layout: [] };
      expect(await factsOf({ 'package.json': text })).toMatchObject(facts);
    },
  );

  test('full of __proto__ changes nothing', async () => {
    const text =
      '{"__proto__":{"scripts":{"test":"x"}},"scripts":{"__proto__":{"test":"x"}},"dependencies":{"__proto__":"1.0.0"}}';
    const toml =
      '[__proto__]\nx = 1\n[project]\n__proto__ = { dependencies = ["x"] }\n[dependencies]\n__proto__ = "1.0"\n';
    const facts = await factsOf({ 'package.json': text, 'pyproject.toml': toml, 'Cargo.toml': toml });
    expect(facts.packages).toEqual([]);
    expect(facts.commands.test).toBe('cargo test');
    expect('x' in {}).toBe(false);
  });

  test('very deep', async () => {
    const deep = (open: string, close: string, times: number) => open.repeat(times) + close.repeat(times);
    write('package.json', `{"dependencies":${deep('[', ']', 200_000)}}`);
    write('pyproject.toml', `x = ${deep('[', ']', 200_000)}\n`);
    write('Cargo.toml', `${'a.'.repeat(200_000)}a = 1\n`);
    expectClean(await readFacts(folder));
  });

  test.each(MANIFESTS)('a long %s of whatever takes no time', async (name) => {
    write('package.json', '{"workspaces":["a"]}');
    const units = [
      '\n',
      ' ',
      '"',
      "'",
      '[',
      '{',
      '<',
      'a',
      '-',
      '#',
      ' "',
      'install_requires=[',
      'include "a",',
      '\tx v1 //',
    ];
    const more = [
      '<groupId>x</groupId>',
      '"a":',
      "gem 'a'",
      '"x\\',
      "version '",
      'registry',
      ' sdk:',
      'a:\n',
      '*',
      '- *\n',
      '["*/',
    ];
    for (const unit of [...units, ...more]) {
      write(name, unit.repeat(Math.floor(50_000 / unit.length)));
      expectClean(await readFacts(folder));
    }
  });

  test('a pattern of many stars takes no time', async () => {
    const name = `${'a'.repeat(100)}b`;
    const workspaces = ['a*'.repeat(100), `!${'a*'.repeat(100)}`, '**/'.repeat(8), '**/**/**', '*'];
    const facts = await factsOf({ 'package.json': { workspaces }, [`${name.slice(0, 60)}/x/y/z/package.json`]: {} });
    expectClean(facts);
  });

  test('too long says nothing', async () => {
    const facts = await factsOf({ 'go.mod': 'require github.com/a/b v1.0.0\n'.repeat(30_000) });
    expect(facts).toMatchObject({ languages: ['Go'], packages: [] });
  });

  test('no UTF-8, or begins with a byte order mark', async () => {
    write('package.json', Buffer.from('{"dependencies":{"caf\xe9":"1.0.0","zod":"4.0.0"}}', 'latin1'));
    expect((await readFacts(folder)).packages).toEqual(['zod 4.0.0']);
    write('package.json', '\ufeff{"dependencies":{"zod":"4.0.0"}}');
    expect((await readFacts(folder)).packages).toEqual(['zod 4.0.0']);
  });

  test('a pipe, a folder or a device does not hold up', async () => {
    execFileSync('mkfifo', [join(folder, 'package.json')]);
    mkdirSync(join(folder, 'Cargo.toml'));
    symlinkSync('/dev/zero', join(folder, 'go.mod'));
    expect(await readFacts(folder)).toMatchObject({ languages: ['JavaScript', 'Rust', 'Go'], packages: [] });
  });
});

test('no link is followed, and no path leads out', async () => {
  const outside = { dependencies: { secret: '1.0.0' }, scripts: { test: 'x' } };
  write('outside/package.json', JSON.stringify(outside));
  write(
    'inside/package.json',
    JSON.stringify({ workspaces: ['linked/*', 'link', '../outside', './../outside', '/etc'] }),
  );
  mkdirSync(join(folder, 'inside/linked'));
  symlinkSync(join(folder, 'outside'), join(folder, 'inside/linked/x'));
  symlinkSync(join(folder, 'outside'), join(folder, 'inside/link'));
  const expected = { ...NOTHING, languages: ['JavaScript'], packageManager: 'npm', layout: ['linked/'] };
  expect(await readFacts(join(folder, 'inside'))).toEqual(expected);
  rmSync(join(folder, 'inside/package.json'));
  symlinkSync(join(folder, 'outside/package.json'), join(folder, 'inside/package.json'));
  expect(await readFacts(join(folder, 'inside'))).toEqual(expected);
});
