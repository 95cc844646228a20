import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EXIT_CODES } from '../../src/cli/command-line/exit-codes.ts';
import { openStore } from '../../src/pipeline/store/sqlite.ts';
import { listeningSockets } from '../support/listening.ts';
import { configuration, Desk, type Started } from './desk.ts';

// Each command is a process, which takes half a second to start and several where the machine is busy.
vi.setConfig({ testTimeout: 90_000 });

let desk: Desk;
let started: Started[];
beforeEach(() => {
  desk = new Desk();
  started = [];
  desk.write('.env', 'TARGET_REPO=app\n');
});
afterEach(async () => {
  for (const { child, ended } of started) {
    child.kill('SIGKILL');
    await ended;
  }
  desk[Symbol.dispose]();
});

const READY = /Milton \d+\.\d+\.\d+\S* is ready for requests through desk \(repositories: app; agents: helper\)\./;
async function start(args: string[] = [], env: Record<string, string> = {}): Promise<Started> {
  const daemon = desk.start(['start', ...args], { env });
  started.push(daemon);
  await daemon.said(READY);
  return daemon;
}
const state = (name = '') => join(desk.home, '.local/state/milton', name);
const runs = async (...args: string[]) => JSON.parse((await desk.run(['runs', ...args, '--json'])).stdout);

/** Waits until the requests are in these states, newest first. */
async function reached(...states: string[]): Promise<void> {
  const look = async () => {
    if (!existsSync(state('milton.db'))) return '';
    const store = openStore(state('milton.db'), { mode: 'observe' });
    const jobs = await store.list({ newestFirst: true }).finally(() => store.close());
    return jobs.map((job) => job.state).join();
  };
  await vi.waitUntil(async () => (await look()) === states.join(), { timeout: 45_000, interval: 20 });
}

test('T17: opens no port of any kind; logs JSON lines and a daily file, keeps everything to its owner, and stops in order', async () => {
  desk.write('milton.config.ts', configuration());
  const daemon = await start();
  await daemon.said(/Helper: it is not logged in/);
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  expect(listeningSockets(process.pid)).toContain(`tcp port ${port}`);
  expect(listeningSockets(daemon.child.pid!)).toEqual([]);
  server.close();
  daemon.child.kill('SIGTERM');
  const { code, stdout, stderr } = await daemon.ended;
  expect([code, stdout]).toEqual([143, '']);
  const lines = stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.at(-1)).toMatchObject({ level: 'info', message: 'Milton has stopped' });
  // Two files, where it was midnight meanwhile.
  const logs = readdirSync(state('logs')).sort();
  for (const log of logs) expect(log).toMatch(/^\d{4}-\d\d-\d\d\.log$/);
  expect(logs.map((log) => readFileSync(state(`logs/${log}`), 'utf8')).join('')).toBe(stderr);
  for (const folder of ['', 'logs', 'output']) expect(statSync(state(folder)).mode & 0o777).toBe(0o700);
});

test('Ctrl-C lets the work end', async () => {
  const work = `appendFileSync('begun', '');
    const { existsSync } = await import('node:fs');
    while (!existsSync('may-end')) await new Promise((look) => setTimeout(look, 20));
    await next();`;
  desk.write('milton.config.ts', configuration({ work }));
  const daemon = await start([], { HEARD: 'CODE: one' });
  await expect.poll(() => existsSync(join(desk.home, 'begun'))).toBe(true);
  daemon.child.kill('SIGINT');
  await daemon.said(/SIGINT: Milton stops when/);
  desk.write('may-end', '');
  expect((await daemon.ended).code).toBe(130);
  await reached('done');
});

test('a second signal ends it at once', async () => {
  desk.write('milton.config.ts', configuration({ work: `setInterval(() => {}, 1000); await new Promise(() => {});` }));
  const daemon = await start([], { HEARD: 'CODE: hang' });
  await reached('active');
  daemon.child.kill('SIGINT');
  await daemon.said(/a second signal stops it at once/);
  daemon.child.kill('SIGINT');
  const { code, stderr } = await daemon.ended;
  // Nor does it end because a stop takes too long.
  expect([code, stderr]).toEqual([130, expect.not.stringContaining('has not come to an end')]);
});

test('a promise that a step forgot ends neither Milton nor the other runs, and the log tells of it', async () => {
  desk.write(
    'milton.config.ts',
    configuration({ work: `void Promise.reject(new Error('forgotten by ' + run.id)); await next();` }),
  );
  const daemon = await start([], { HEARD: 'CODE: one|CODE: two' });
  await reached('done', 'done');
  daemon.child.kill('SIGTERM');
  const { code, stderr } = await daemon.ended;
  expect(code).toBe(143);
  expect(stderr.match(/"level":"error".*nobody handled it.*forgotten by req_/g)).toHaveLength(2);
});

test('an error that nobody caught ends it at once, with 1', async () => {
  desk.write(
    'milton.config.ts',
    configuration({ work: `setTimeout(() => { throw new Error('stray'); }); await new Promise(() => {});` }),
  );
  const { code, stderr } = await (await start([], { HEARD: 'CODE: one' })).ended;
  expect([code, stderr]).toEqual([1, expect.stringMatching(/Milton stops: an error was not handled.*stray/)]);
});

test('a closed terminal ends it in order, with the exit code that --help lists', async () => {
  desk.write('milton.config.ts', configuration());
  const { child, ended } = await start();
  child.kill('SIGHUP');
  const { code } = await ended;
  expect(code).toBe(129);
  expect(EXIT_CODES).toHaveProperty(String(code));
});

test('an agent whose check throws does not keep it from starting', async () => {
  const broken = configuration().replace(/check: async \(\) => .*/, "check() { throw new Error('no such login'); },");
  desk.write('milton.config.ts', broken);
  await (await start()).said(/Helper: no such login/);
});

test('a second daemon on the same folder ends with 75 and says who holds it', async () => {
  desk.write('milton.config.ts', configuration());
  const { child } = await start();
  const { code, stderr } = await desk.run(['start']);
  expect(code).toBe(75);
  expect(stderr).toContain(String(child.pid));
  expect(stderr).not.toMatch(/\n {4}at /);
});

test('check and send work beside a running daemon', async () => {
  desk.write('milton.config.ts', configuration());
  await start();
  expect((await desk.run(['check'])).code).toBe(0);
  expect((await desk.run(['send', 'CODE: x'])).code).toBe(0);
});

test('a wrong configuration ends with 3 before anything is opened', async () => {
  desk.write('milton.config.ts', configuration());
  const { code, stderr } = await desk.run(['start'], { env: { TARGET_REPO: '/nowhere', DRY_RUN: 'perhaps' } });
  expect(code).toBe(3);
  expect(stderr).toMatch(
    /2 problems keep Milton from starting:\n1\. DRY_RUN: .*\n2\. repositories\.app\.path: \/nowhere does not exist\./,
  );
  expect(existsSync(state('milton.db'))).toBe(false);
});

const hanging = configuration({
  work: `if (run.message.text.includes('hang')) await new Promise((_, no) => run.signal.addEventListener('abort', no)); await next();`,
});
const evil = 'CODE: \x1b[2Jquick\u202e one';
const HEARD = `${evil}|CODE: hang|CODE: later`;

test('status tells of a running and a stopped Milton', async () => {
  desk.write('milton.config.ts', hanging);
  const none = await desk.run(['status']);
  expect(none).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^Milton is not running\. Start it: milton start\n/),
    stderr: '',
  });

  const daemon = await start([], { HEARD });
  await reached('queued', 'active', 'done');

  const { stdout } = await desk.run(['status']);
  expect(stdout).toMatch(new RegExp(`^Milton is running \\(process ${daemon.child.pid}, for `));
  expect(stdout).toMatch(/^Connections:\n {2}desk +connected +since \d{4}-/m);
  expect(stdout).toMatch(/^Working on:\n {2}req_\w+ +default +\d+s +CODE: hang$/m);
  expect(stdout).toMatch(/^Waiting:\n {2}req_\w+ +default +CODE: later$/m);
  expect(stdout).toMatch(/^Last request \d+s ago: req_\w+ queued\.$/m);
  const status = JSON.parse((await desk.run(['status', '--json'])).stdout);
  expect(status).toMatchObject({
    v: 1,
    running: true,
    daemon: { pid: daemon.child.pid },
    connections: [{ transport: 'desk', state: 'connected' }],
  });

  daemon.child.kill('SIGKILL');
  await daemon.ended;
  expect((await desk.run(['status'])).stdout).toMatch(/^Milton is not running\./);
});

test('runs list and runs show tell of the requests there are, beside a running Milton', async () => {
  desk.write('milton.config.ts', hanging);
  expect((await runs('list')).runs).toEqual([]);
  await start([], { HEARD });
  await reached('queued', 'active', 'done');

  const list = await desk.run(['runs', 'list']);
  expect(list.stdout).toMatch(/^req_\w+ +done .* CODE: quick one$/m);
  expect(list.stdout).not.toMatch(/[\x1b\u202e]/);
  const [, , quick] = (await runs('list')).runs;
  expect(quick.message.text).toBe(evil);
  expect((await desk.run(['runs', 'list', '--json'])).stdout).not.toMatch(/[\x1b\u202e]/);
  expect((await runs('list', '--state', 'done')).runs.map(({ id }: { id: string }) => id)).toEqual([quick.id]);

  const shown = await desk.run(['runs', 'show', quick.id.slice(4).toUpperCase()]);
  expect(shown.stdout).toMatch(new RegExp(`^${quick.id} done\n`));
  expect(shown.stdout).toMatch(/^Request\n {2}CODE: quick one$/m);
  expect((await runs('show', 'last')).run.message.text).toBe('CODE: later');
  for (const id of ['req_zzzzzz', '../../etc/passwd', "' OR 1=1 --", 'constructor']) {
    const { code, stderr } = await desk.run(['runs', 'show', id]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('There is no run')]);
  }
});

test('status and runs show what waits for an answer, and a transport that hears nothing', async () => {
  const deaf = `{ state: 'deaf' as const, since: '2026-11-23T10:00:00.000Z', why: 'no canary came back' }`;
  const asks = `async function gate(run: any, next: any) {
    await run.ask('go', { title: 'Go?', choices: ['yes', 'no'], timeout: 600_000, onTimeout: 'no' });
    await next();
  }`;
  desk.write(
    'milton.config.ts',
    configuration()
      .replace(`{ state: 'connected' as const }`, deaf)
      .replace('dedupe(), queue()', `dedupe(), ${asks}, queue()`),
  );
  const daemon = await start([], { HEARD: 'CODE: sleep' });
  await daemon.said(/desk is deaf: no canary came back/);
  await reached('held');

  const { stdout } = await desk.run(['status']);
  expect(stdout).toMatch(/^Connections:\n {2}desk +deaf +since 2026-11-2\d \d\d:00:00: no canary came back$/m);
  expect(stdout).toMatch(/^Waiting for your answer:\n {2}req_\w+ +CODE: sleep$/m);
  expect(JSON.parse((await desk.run(['status', '--json'])).stdout)).toMatchObject({
    connections: [{ transport: 'desk', state: 'deaf', why: 'no canary came back', at: '2026-11-23T10:00:00.000Z' }],
    held: [{ state: 'held', text: 'CODE: sleep' }],
  });
  expect((await desk.run(['runs', 'list', '--state', 'held'])).stdout).toMatch(
    /held .* waits for your answer +default/,
  );
  expect((await desk.run(['runs', 'show', 'last'])).stdout).toMatch(/^req_\w+ held, waits for your answer\n/);
  daemon.child.kill('SIGTERM');
  expect((await daemon.ended).code).toBe(143);
});

test('prune deletes old runs with their files, and nothing else', async () => {
  desk.write('milton.config.ts', configuration());
  const daemon = await start([], { HEARD: 'CODE: a|CODE: b' });
  await reached('done', 'done');
  daemon.child.kill('SIGTERM');
  await daemon.ended;

  const long = new Date(Date.now() - 100 * 86_400_000);
  for (const name of ['output/req_aaaaaa.txt', 'output/mine.txt', 'logs/2020-01-01.log']) {
    writeFileSync(state(name), '');
    utimesSync(state(name), long, long);
  }
  writeFileSync(state('output/req_bbbbbb.txt'), '');
  expect((await desk.run(['runs', 'prune'])).stderr).toBe('Deleted 0 runs and 2 files older than 90d.\n');
  expect(readdirSync(state('output')).sort()).toEqual(['mine.txt', 'req_bbbbbb.txt']);
  expect(await runs('prune', '--older-than', '0d')).toMatchObject({ v: 1, runs: 2 });
  expect((await runs('list')).runs).toEqual([]);
});
