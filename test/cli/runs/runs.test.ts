// The actions of `milton runs`, each in a process of its own, without a daemon.
import { existsSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type GitRepo, gitRepo } from '../../support/git-repo.ts';
import { StoreDesk } from '../store-desk.ts';

const ID = 'req_aaaaaa';
const NOT_RUNNING = 'Milton is not running, so nothing happens until it is: milton start\n';
let desk: StoreDesk;
let repo: GitRepo;
beforeEach(() => {
  desk = new StoreDesk();
  repo = gitRepo();
  desk.write('.env', `TARGET_REPO=${repo.path}\n`);
});
afterEach(async () => {
  await desk[Symbol.asyncDispose]();
  repo[Symbol.dispose]();
});

const runs = (...args: string[]) => desk.run(['runs', ...args], { env: { PATH: process.env.PATH! } });
const stateOf = async (id: string) => (await desk.store.get(id))?.state;
const verdict = { kind: 'CODE', text: 'x', repository: 'app', agent: 'helper' };

test('logs shows notices and output, cleaned; with -f the exit code tells the outcome', async () => {
  // At one moment, so that it takes no time.
  await desk.ask({ id: ID, text: 'CODE: \x1b[2Jgo', at: Date.now() });
  desk.output(
    `${ID}.out`,
    { progress: 'Edit \x1b]0;title\x07a.ts' },
    'key sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789',
  );
  await desk.end('failed');
  const { code, stdout, stderr } = await runs('logs', 'last');
  expect([code, stderr]).toEqual([0, `${ID} is failed, after 0s.\n`]);
  expect(stdout).toMatch(
    /^req_aaaaaa CODE: go\n\d\d:\d\d:\d\d 👂 \[req_aaaaaa\] got it\n {2}│ Edit a\.ts\n {2}│ key .*\n\d\d:\d\d:\d\d ✅ \[req_aaaaaa\] finished\n$/,
  );
  expect(stdout).not.toMatch(/\x1b|abcdefghijklm/);
  const json = await runs('logs', '-f', 'aaaaaa', '--json');
  expect(json.code).toBe(1);
  const entries = json.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(entries.map(({ v, type }) => `${v} ${type}`)).toEqual([
    '1 notice',
    '1 output',
    '1 output',
    '1 notice',
    '1 state',
  ]);
  expect(json.stdout).not.toMatch(/\x1b|abcdefghijklm/);
});

test('retry queues a request that is over again, and says that nothing runs it now', async () => {
  await desk.ask({ id: ID, text: 'CODE: go' });
  expect(await runs('retry', 'aaaaaa')).toMatchObject({
    code: 1,
    stderr: `milton: ${ID} is not over yet.\nStop it first: milton runs cancel ${ID}\n`,
  });
  await desk.end();
  const { code, stdout, stderr } = await runs('retry', 'last');
  const id = stdout.trim();
  expect([code, stderr]).toEqual([
    0,
    `Queued again, after ${ID}: CODE: go. Follow it: milton runs logs -f ${id}\n${NOT_RUNNING}`,
  ]);
  const again = (await desk.store.get(id))!;
  expect(again).toMatchObject({ state: 'queued', retryOf: ID, message: { text: 'CODE: go', transport: 'desk' } });
  expect(again.notices.map(({ notice }) => notice.title)).toEqual([`👂 [${id}] got it`]);
});

test('retry does not get round an approval', async () => {
  await desk.ask({ id: ID });
  const claim = await desk.begin();
  const question = { title: 'Sure?', choices: ['Approve', 'Deny'], timeout: 60_000, onTimeout: 'Deny' };
  await desk.store.ask(claim, 'approve/approval', question, []);
  await desk.end('done', {}, claim);
  expect(await runs('retry', ID)).toMatchObject({ code: 1, stderr: expect.stringContaining('needed an approval') });
});

test('cancel takes a request out that waits, and leaves word for one in work', async () => {
  await desk.ask({ id: ID });
  await desk.ask({ id: 'req_bbbbbb' });
  await desk.begin();
  expect(await runs('cancel', 'last')).toMatchObject({
    code: 0,
    stderr: 'Cancelled, it had not begun: req_bbbbbb (CODE: req_bbbbbb)\n',
  });
  expect((await desk.store.get('req_bbbbbb'))!.notices.at(-1)!.notice.title).toBe(
    '🛑 [req_bbbbbb] cancelled before it began',
  );
  const left = await runs('cancel', ID, '--json');
  expect(left.stderr).toMatch(/^Milton is not running, and stops it when it starts again: req_aaaaaa/);
  expect(JSON.parse(left.stdout)).toEqual({ v: 1, run: ID, result: 'requested' });
  expect((await desk.store.get(ID))!.cancelRequested).toBe(true);
  expect(await runs('cancel', 'bbbbbb')).toMatchObject({
    code: 1,
    stderr: 'milton: req_bbbbbb is over already: cancelled.\nRun it again: milton runs retry req_bbbbbb\n',
  });
  expect([await stateOf(ID), await stateOf('req_bbbbbb')]).toEqual(['active', 'cancelled']);
});

test('diff shows what is on the branch of a request, whatever the repository names as its programs', async () => {
  await desk.ask({ id: ID, slots: { verdict } });
  repo.git('switch', '-qc', `milton/${ID}-login`);
  for (const name of ['core.pager', 'diff.external', 'pager.diff'])
    repo.git('config', name, `touch ${repo.root}/started`);
  writeFileSync(`${repo.path}/login.ts`, 'one\n\x1b[31mtwo\n');
  repo.git('add', '--all');
  repo.git('commit', '-qm', 'work');
  repo.git('switch', '-q', 'main');
  const { code, stdout, stderr } = await runs('diff', 'last');
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(
    /^milton\/req_aaaaaa-login, 1 file \+2 −0\n {2}login\.ts \+2 −0\n\ndiff --git a\/login\.ts b\/login\.ts\n/,
  );
  expect(stdout).toMatch(/\n\+one\n\+two\n/);
  expect((await runs('diff', ID, '--stat')).stdout).toBe(`milton/${ID}-login, 1 file +2 −0\n  login.ts +2 −0\n`);
  expect(JSON.parse((await runs('diff', ID, '--json')).stdout)).toMatchObject({
    v: 1,
    run: ID,
    branches: [{ branch: `milton/${ID}-login`, files: [{ path: 'login.ts', added: 2, removed: 0 }] }],
  });
  expect(existsSync(`${repo.root}/started`)).toBe(false);

  repo.git('branch', '-qD', `milton/${ID}-login`);
  expect(await runs('diff', ID)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`${ID} has no branch: nothing was changed so far, or the branch is gone.`),
  });
});
