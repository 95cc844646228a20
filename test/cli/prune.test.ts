import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStore } from '../../src/pipeline/store/sqlite.ts';
import { configuration, Desk } from './desk.ts';

const AUTHOR = ['-c', 'user.name=Desk', '-c', 'user.email=desk@localhost'];

let desk: Desk;
beforeEach(() => {
  desk = new Desk();
  desk.write('.env', 'TARGET_REPO=app\n');
  desk.write('milton.config.ts', configuration());
  for (const folder of ['output', 'logs', 'agents']) mkdirSync(state(folder), { recursive: true, mode: 0o700 });
});
afterEach(() => desk[Symbol.dispose]());

const state = (name: string) => join(desk.home, '.local/state/milton', name);
const prune = (...args: string[]) => desk.run(['runs', 'prune', ...args]);

/** A file that nobody has written to for so long. */
function old(name: string, days = 100): void {
  writeFileSync(state(name), '');
  age(name, days);
}

function age(name: string, days = 100): void {
  const at = new Date(Date.now() - days * 86_400_000);
  utimesSync(state(name), at, at);
}

/** Puts a request into the store. */
async function request(id: string): Promise<void> {
  const store = openStore(state('milton.db'), { mode: 'observe' });
  const message = { id: `desk:${id}`, transport: 'desk', text: 'CODE: x', at: new Date().toISOString() };
  const job = { id, lane: 'app', slots: {}, acknowledge: () => undefined };
  await store.accept({ run: id, message, seen: [message.id], job, effects: [], notices: [] });
  await store.close();
}

test('keeps every file of a request that is open, however old', async () => {
  await request('req_oooooo');
  for (const id of ['req_oooooo', 'req_gggggg']) for (const name of [`output/${id}.md`, `agents/${id}.out`]) old(name);
  expect((await prune()).stderr).toBe('Deleted 0 runs and 2 files older than 90d.\n');
  expect([...readdirSync(state('output')), ...readdirSync(state('agents'))]).toEqual([
    'req_oooooo.md',
    'req_oooooo.out',
  ]);
});

test("keeps today's log, in which a running Milton may be writing", async () => {
  // Where it is about noon, so that no midnight comes meanwhile.
  const ahead = 12 - new Date().getUTCHours();
  const TZ = `Etc/GMT${ahead > 0 ? '-' : '+'}${Math.abs(ahead)}`;
  const today = `${new Date(Date.now() + ahead * 3_600_000).toISOString().slice(0, 10)}.log`;
  old(`logs/${today}`, 2);
  old('logs/2020-01-01.log');
  await desk.run(['runs', 'prune', '--older-than', '0d'], { env: { TZ } });
  expect(readdirSync(state('logs'))).toEqual([today]);
});

test('without any database, what is old goes', async () => {
  old('output/req_gggggg.md');
  old('output/req_nnnnnn.md', 1);
  expect((await prune()).stderr).toBe('Deleted 0 runs and 1 files older than 90d.\n');
});

test('deletes nothing where the configuration cannot tell which requests are open', async () => {
  old('output/req_gggggg.md');
  desk.write('milton.config.ts', 'export default {');
  expect((await prune()).code).toBe(3);
  expect(readdirSync(state('output'))).toEqual(['req_gggggg.md']);
});

test('deletes the folders of requests that are over, but none with work that is on no branch', async () => {
  await request('req_oooooo');
  const git = (...args: string[]) => execFileSync('git', args, { cwd: join(desk.home, 'app'), encoding: 'utf8' });
  git('init', '--quiet');
  git(...AUTHOR, 'commit', '--quiet', '--allow-empty', '-m', 'Start');
  for (const id of [
    'req_oooooo',
    'req_aaaaaa',
    'req_bbbbbb-codex',
    'req_cccccc',
    'req_dddddd',
    'req_eeeeee',
    'req_hhhhhh',
    'req_iiiiii',
  ]) {
    git('worktree', 'add', '--quiet', '-b', `milton/${id}`, state(`worktrees/${id}`));
  }
  mkdirSync(state('worktrees/req_gggggg.gone/half'), { recursive: true });
  mkdirSync(state('worktrees/mine'));
  writeFileSync(state('worktrees/req_cccccc/unsaved.ts'), 'work');
  execFileSync('git', [...AUTHOR, 'commit', '-q', '--allow-empty', '-m', 'on no branch'], {
    cwd: state('worktrees/req_dddddd'),
  });
  execFileSync('git', ['checkout', '-q', '--detach'], { cwd: state('worktrees/req_dddddd') });
  git('branch', '-qD', 'milton/req_dddddd');
  rmSync(state('worktrees/req_eeeeee/.git'));
  const inside = (id: string, ...args: string[]) => execFileSync('git', args, { cwd: state(`worktrees/${id}`) });
  writeFileSync(state('worktrees/req_hhhhhh/file'), 'a');
  inside('req_hhhhhh', 'add', '.');
  inside('req_hhhhhh', ...AUTHOR, 'commit', '-qm', 'file');
  inside('req_hhhhhh', 'update-index', '--assume-unchanged', 'file');
  writeFileSync(state('worktrees/req_hhhhhh/file'), 'hidden work');
  inside('req_iiiiii', 'init', '-q', 'sub');
  inside('req_iiiiii/sub', ...AUTHOR, 'commit', '-q', '--allow-empty', '-m', 'inner');
  inside('req_iiiiii', 'add', 'sub');
  inside('req_iiiiii', ...AUTHOR, 'commit', '-qm', 'sub');
  for (const name of readdirSync(state('worktrees'))) age(`worktrees/${name}`);

  const { stderr } = await desk.run(['runs', 'prune'], { env: { PATH: process.env.PATH! } });
  expect(stderr.split('\n').sort()).toEqual(
    [
      '',
      'Deleted 0 runs, 3 worktrees and 0 files older than 90d.',
      ...['c', 'd', 'e', 'h', 'i'].map(
        (x) => `Kept, since it holds work that is on no branch: ${state(`worktrees/req_${x.repeat(6)}`)}`,
      ),
    ].sort(),
  );
  expect(readdirSync(state('worktrees')).sort()).toEqual([
    'mine',
    'req_cccccc',
    'req_dddddd',
    'req_eeeeee',
    'req_hhhhhh',
    'req_iiiiii',
    'req_oooooo',
  ]);
  expect(git('worktree', 'list')).not.toContain('req_aaaaaa');
  expect(git('branch', '--list', 'milton/req_aaaaaa')).not.toBe('');
});
