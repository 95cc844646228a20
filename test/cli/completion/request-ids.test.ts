import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StoreDesk } from '../store-desk.ts';

let desk: StoreDesk;
beforeEach(() => {
  desk = new StoreDesk();
});
afterEach(() => desk[Symbol.asyncDispose]());

async function tab(cwd: string, ...words: readonly string[]): Promise<string[]> {
  const { code, stdout, stderr } = await desk.run(['completion', 'suggest', '--', ...words], { cwd });
  expect([code, stderr]).toEqual([0, '']);
  return stdout.trimEnd().split('\n');
}

/** A folder of somebody else, whose configuration leaves a file behind where it is run. */
function foreign(): string {
  const folder = join(desk.home, 'foreign');
  mkdirSync(join(folder, 'state'), { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, '.env'), 'STATE_DIR=state\n', { mode: 0o600 });
  const code = `import { writeFileSync } from 'node:fs';\nwriteFileSync(${JSON.stringify(join(folder, 'ran'))}, '');\n`;
  writeFileSync(join(folder, 'milton.config.ts'), code, { mode: 0o600 });
  return folder;
}

test('in the folder of somebody else nothing of it runs, and the requests are still yours', async () => {
  const folder = foreign();
  const before = readdirSync(folder, { recursive: true });
  expect(await tab(folder, 'runs', 'show', '')).toEqual([expect.stringMatching(/^last\b/)]);
  await desk.ask({ id: 'req_aaaaaa' });
  const yours = [expect.stringMatching(/^last\b/), expect.stringMatching(/^req_aaaaaa\b/)];
  expect(await tab(folder, 'runs', 'show', '')).toEqual(yours);
  expect(readdirSync(folder, { recursive: true })).toEqual(before);
  expect(existsSync(join(folder, 'ran'))).toBe(false);
});

test('a named configuration says where the requests are, by the .env beside it, and is not run either', async () => {
  const folder = foreign();
  await desk.ask({ id: 'req_aaaaaa' });
  writeFileSync(join(folder, '.env'), `STATE_DIR=${desk.state('')}\n`, { mode: 0o600 });
  const words = ['--config', join(folder, 'milton.config.ts'), 'runs', 'show', ''];
  expect(await tab(desk.home, ...words)).toHaveLength(2);
  expect(existsSync(join(folder, 'ran'))).toBe(false);
});

test('a database of an older Milton stays as it is', async () => {
  await desk.ask({ id: 'req_aaaaaa' });
  const db = new DatabaseSync(desk.state('milton.db'));
  db.exec('PRAGMA user_version = 1');
  expect(await tab(desk.home, 'runs', 'show', '')).toEqual([expect.stringMatching(/^last\b/)]);
  expect(db.prepare('PRAGMA user_version').get()).toEqual({ user_version: 1 });
  db.close();
  expect(existsSync(desk.state('milton.db-backups'))).toBe(false);
});
