import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { configuration, Desk, type Ended } from './desk.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const desk = new Desk();
const at = (path: string) => join(desk.home, path);
/** A line of code that leaves a trace where it is run, and whether it was. */
const trace = (name: string) =>
  `import { writeFileSync } from 'node:fs';\nwriteFileSync(${JSON.stringify(at(`ran-${name}`))}, '');\n`;
const ran = (name: string) => existsSync(at(`ran-${name}`));

function plugin(name: string): void {
  const folder = at(`node_modules/milton-plugin-${name}`);
  mkdirSync(folder, { recursive: true });
  const about = { name: `milton-plugin-${name}`, version: '1.0.0', type: 'module', exports: './index.js' };
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ ...about, keywords: ['milton-plugin', 'milton-orchestrator'] }),
  );
  writeFileSync(join(folder, 'index.js'), `${trace(name)}export const step = () => async (run, next) => next();\n`);
}

/** A configuration that leaves a trace, and a `.env` that leads elsewhere. */
function plant(folder: string, name: string, repository = '/elsewhere'): { cwd: string } {
  mkdirSync(at(folder), { recursive: true });
  desk.write(`${folder}/milton.config.ts`, `${trace(name)}export default {};\n`);
  desk.write(`${folder}/.env`, `TARGET_REPO=${repository}\nSTATE_DIR=/elsewhere\n`);
  return { cwd: at(folder) };
}

let planted: Record<'status' | 'check' | 'named' | 'own', Ended>;
beforeAll(async () => {
  plugin('listed');
  plugin('unlisted');
  const text = configuration().replace('dedupe(), queue()', 'dedupe(), queue(), step()');
  desk.write('milton.config.ts', `import { step } from 'milton-plugin-listed';\n${text}`);
  desk.write('.env', 'TARGET_REPO=app\n');
  const daemon = desk.start(['start'], {
    env: { HEARD: 'milton-plugin-unlisted|PLUGINS: install milton-plugin-unlisted' },
  });
  await daemon.said(/is ready/);

  const theirs = plant('app/sub', 'theirs');
  mkdirSync(at('new/.git/objects'), { recursive: true });
  desk.write('new/.git/HEAD', '');
  const [status, check, named, own] = await Promise.all([
    desk.run(['status'], theirs),
    desk.run(['check'], theirs),
    desk.run(['config', '--json', '--config', 'app/sub/milton.config.ts']),
    desk.run(['start'], plant('new', 'own', '.')),
    desk.run(['status'], plant('mine', 'mine')),
  ]);
  planted = { status, check, named, own };
  daemon.child.kill('SIGTERM');
  await daemon.ended;
});
afterAll(() => desk[Symbol.dispose]());

test('T7: a start notes where agents work', () => {
  const { folders } = JSON.parse(readFileSync(at('.config/milton/repositories.json'), 'utf8'));
  expect(folders).toEqual([at('app'), at('.local/state/milton/worktrees')]);
});

test('T7: what an agent puts into a repository is neither run nor believed, from then on', () => {
  expect([ran('mine'), ran('theirs')]).toEqual([true, false]);
  const { status, check, named } = planted;
  // It is the state folder of the process, not that of the .env there.
  expect(status).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Milton is running/) });
  expect(status.stderr).toBe('The configuration has problems: run milton check\n');
  const where = at('app/sub/milton.config.ts');
  expect(check.code).toBe(3);
  expect(check.stderr).toContain(
    `one problem keeps Milton from starting:\n1. ${where}: it lies in ${at('app')}, where agents work, and could be theirs. Put your configuration and its .env into ~/.config/milton;`,
  );
  expect(JSON.parse(named.stdout).problems).toEqual([expect.objectContaining({ where })]);
  expect(named.code).toBe(3);
});

test('T7: a configuration in the repository that its own .env names is refused before it is run', () => {
  expect([planted.own.code, ran('own')]).toEqual([3, false]);
  expect(planted.own.stderr).toContain(`it lies in ${at('new')}, where agents work`);
});

test('T16: a plugin that is installed, but not in the configuration, is never imported', () => {
  expect([ran('listed'), ran('unlisted')]).toEqual([true, false]);
});
