import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { factsReader } from '../../../src/plugins/optimizer/repository-facts.ts';
import { fakeHost, hermetic } from '../../support/fake-run.ts';
import { gitRepo } from '../../support/git-repo.ts';
import { factsOf, NOTHING, readFacts } from './facts-of.ts';
import { writeLayout } from './layout.ts';
import { LAYOUTS } from './layouts.ts';

describe('everything that is known of', () => {
  it.each(Object.entries(LAYOUTS))('%s', async (_, layout) => {
    using repo = gitRepo();
    if (layout.plain) rmSync(join(repo.path, '.git'), { recursive: true });
    writeLayout(repo.path, layout);
    const read = factsReader(fakeHost(undefined, {}, { variables: hermetic(repo.home) }).get);
    expect(await read(repo.path)).toEqual({ ...NOTHING, commits: ['Start'], ...layout.facts });
  });

  test('a folder that is not there', async () => {
    expect(await readFacts('')).toEqual(NOTHING);
    expect(await readFacts('/nowhere/at/all')).toEqual(NOTHING);
  });
});

describe('folders', () => {
  test('of names that are no plain ones are left out', async () => {
    const bad = [
      'a b',
      'x`y',
      '$(id)',
      'line\nbreak',
      'bell\x07',
      'turn\u202eed',
      'shy\u00adshy',
      '-rf',
      'x'.repeat(101),
    ];
    const { layout } = await factsOf({}, (folder) => {
      for (const name of [...bad, 'good', 'Übung', '日本']) mkdirSync(join(folder, name));
    });
    expect(layout).toEqual(['good/', 'Übung/', '日本/']);
  });

  test('are at most 20, of which six are no members', async () => {
    const members = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`packages/p${i + 10}/package.json`, {}]));
    const others = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`other${i + 10}/x`, '']));
    const { layout } = await factsOf({ 'package.json': { workspaces: ['packages/*'] }, ...members, ...others });
    expect(layout).toHaveLength(20);
    expect(layout.filter((line) => line.startsWith('packages/'))).toHaveLength(14);
    expect(layout.slice(14, 16)).toEqual(['other10/', 'other11/']);
  });

  test('a folder of more entries than are listed is known by what is asked for', async () => {
    const many = (folder: string) => {
      for (let i = 0; i < 2_500; i++) writeFileSync(join(folder, `.${i}`), '');
    };
    const { languages, guides } = await factsOf({ 'Cargo.toml': '', 'go.mod': '', 'zz.md': '', 'AGENTS.md': '' }, many);
    expect(languages).toEqual(['Rust', 'Go']);
    expect(guides).toEqual(['AGENTS.md']);
  });
});
