import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStore } from '../../src/pipeline/store/sqlite.ts';
import { configuration, Desk } from './desk.ts';

let desk: Desk;
beforeEach(() => {
  desk = new Desk();
  desk.write('.env', 'TARGET_REPO=app\n');
  desk.write('milton.config.ts', configuration());
  mkdirSync(state(), { recursive: true, mode: 0o700 });
});
afterEach(() => desk[Symbol.dispose]());

const state = (name = '') => join(desk.home, '.local/state/milton', name);

async function database(): Promise<void> {
  await openStore(state('milton.db'), { mode: 'daemon' }).close();
  chmodSync(state('milton.db'), 0o600);
}

/** What `milton check` and `milton start` end with, without the warnings and the log around it. */
async function ends(command: string, env: Record<string, string> = {}): Promise<{ code: unknown; told: string }> {
  const { code, stderr } = await desk.run([command], { env });
  return { code, told: stderr.slice(stderr.indexOf('milton: ')) };
}

const bad: [string, () => void | Promise<void>, number, RegExp][] = [
  ['a damaged database', () => writeFileSync(state('milton.db'), 'no database'.repeat(500)), 1, /is damaged/],
  [
    'the database of a newer Milton',
    async () => {
      await database();
      const db = new DatabaseSync(state('milton.db'));
      db.exec('PRAGMA user_version = 99');
      db.close();
    },
    1,
    /was written by a newer Milton \(format 99;/,
  ],
  ['a folder in place of the database', () => mkdirSync(state('milton.db')), 1, /milton\.db is not a file\./],
  [
    'a database in a folder that is not there',
    () =>
      desk.write('milton.config.ts', configuration().replace('sqlite()', "sqlite({ file: '/nowhere/at/all/m.db' })")),
    1,
    /\/nowhere\/at\/all is not a folder/,
  ],
];

test.each(bad)('%s is refused as start refuses it', async (_, make, code, what) => {
  await make();
  const checked = await ends('check');
  expect(checked).toEqual({ code, told: expect.stringMatching(what) });
  expect(await ends('start')).toEqual(checked);
  const { v, ok, problems } = JSON.parse((await desk.run(['check', '--json'])).stdout);
  expect([v, ok, problems]).toEqual([1, false, [expect.objectContaining({ what: expect.stringMatching(what) })]]);
});

test('a folder that cannot be made is refused as start refuses it', async () => {
  const env = { STATE_DIR: '/proc/milton' };
  const checked = await ends('check', env);
  expect(checked).toEqual({ code: 3, told: expect.stringMatching(/STATE_DIR: \/proc\/milton cannot be created in /) });
  expect(await ends('start', env)).toEqual(checked);
});

test('a sound database is left as it is, also where it is told with everything else', async () => {
  await database();
  const before = readFileSync(state('milton.db'));
  expect((await desk.run(['check'])).code).toBe(0);
  expect(readFileSync(state('milton.db')).equals(before)).toBe(true);
  expect(existsSync(state('daemon.json'))).toBe(false);

  writeFileSync(state('milton.db'), 'no database'.repeat(500));
  const { code, told } = await ends('check', { LOG_LEVEL: 'loud' });
  expect([code, told]).toEqual([
    3,
    expect.stringMatching(/2 problems keep[\s\S]*1\. LOG_LEVEL: [\s\S]*2\. store: .* damaged/),
  ]);
});

test('status finds a running Milton whose database is elsewhere', async () => {
  mkdirSync(join(desk.home, 'db'), { mode: 0o700 });
  const file = join(desk.home, 'db/m.db');
  desk.write('milton.config.ts', configuration().replace('sqlite()', `sqlite({ file: '${file}', as: 'mine' })`));
  const daemon = desk.start(['start']);
  try {
    await daemon.said(/is ready/);
    expect(JSON.parse((await desk.run(['status', '--json'])).stdout)).toMatchObject({
      running: true,
      daemon: { pid: daemon.child.pid },
    });
  } finally {
    daemon.child.kill('SIGKILL');
    await daemon.ended;
  }
});
