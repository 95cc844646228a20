import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
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

/** A configuration that leaves a trace, and a `.env` that leads elsewhere. */
function plant(folder: string, name: string): { cwd: string } {
  mkdirSync(at(folder), { recursive: true });
  desk.write(`${folder}/milton.config.ts`, `${trace(name)}export default {};\n`);
  desk.write(`${folder}/.env`, 'TARGET_REPO=/elsewhere\nSTATE_DIR=/elsewhere\n');
  return { cwd: at(folder) };
}

let planted: Record<'status' | 'check' | 'database', Ended>;
beforeAll(async () => {
  desk.write('milton.config.ts', configuration());
  desk.write('.env', 'TARGET_REPO=app\n');
  const daemon = desk.start(['start']);
  await daemon.said(/is ready/);

  const theirs = plant('app/sub', 'theirs');
  mkdirSync(at('app/data'));
  chmodSync(at('app/data'), 0o777);
  desk.write('database.ts', configuration().replace('sqlite()', `sqlite({ file: '${at('app/data/milton.db')}' })`));
  const [status, check, database] = await Promise.all([
    desk.run(['status'], theirs),
    desk.run(['check'], theirs),
    desk.run(['check', '--json', '--config', 'database.ts']),
    desk.run(['status'], plant('mine', 'mine')),
  ]);
  planted = { status, check, database };
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
  const { status, check } = planted;
  // It is the state folder of the process, not that of the .env there.
  expect(status).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Milton is running/) });
  expect(status.stderr).toBe('The configuration has problems: run milton check\n');
  const where = at('app/sub/milton.config.ts');
  expect(check.code).toBe(3);
  expect(check.stderr).toContain(
    `one problem keeps Milton from starting:\n1. ${where}: it lies in ${at('app')}, where agents work, and could be theirs. Put your configuration and its .env into ~/.config/milton;`,
  );
});

test('T7, T12: a database in a repository is refused, and one where others can put another', () => {
  const places = JSON.parse(planted.database.stdout).problems.filter(
    ({ where }: { where: string }) => where === 'sqlite({ file })',
  );
  expect(places.map(({ what }: { what: string }) => what)).toEqual([
    `${at('app/data')} lies in ${at('app')}, where agents work`,
    `other users can write to ${at('app/data')}`,
  ]);
});
