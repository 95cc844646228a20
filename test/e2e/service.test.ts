// Milton as a service of a real systemd, with the real ntfy server: installed, ready, killed, stuck, stopped, shut down.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, test as base, beforeAll, expect } from 'vitest';
import { quoted } from '../../src/cli/service/systemd/quote.ts';
import { SHUT, WITH } from '../../src/plugins/execute/agents/sandbox-check.ts';
import { idIn, processesOf } from '../support/journey.ts';
import { NtfyServer } from '../support/ntfy-server.ts';
import { Serviced } from '../support/serviced.ts';
import { awkward } from '../support/texts-for-units.ts';

// The namespaces that keep it apart from this machine's own systemd need root.
const possible = process.getuid?.() === 0 || process.env.CI !== undefined;
const test = base.skipIf(!possible);

let server: NtfyServer;
let all: Serviced;
beforeAll(async () => {
  if (!possible) return;
  server = await NtfyServer.start();
  all = await Serviced.prepare(server);
});
afterAll(async () => {
  await all?.[Symbol.asyncDispose]();
  await server?.stop();
});

/** Sends a request; resolves to its id when the phone has heard what begins with a mark. */
async function sent(text: string, mark: string): Promise<string> {
  await all.phone.send(text);
  const words = text.split(': ')[1]!;
  const ack = await all.phone.notice(({ title, body }) => title.startsWith('👂') && body.includes(words));
  const request = idIn(ack);
  await told(mark, request);
  return request;
}
/** Waits until its agent does what it goes on with, in a scope of its own; before it, Milton tries a scope out. */
const atWork = (request: string) => {
  const read = (pid: string, file: string) => readFileSync(`/proc/${pid}/${file}`, 'utf8');
  const works = (pid: string) =>
    read(pid, 'cmdline') === 'sleep\x003600\x00' && /\/run-\w+\.scope$/m.test(read(pid, 'cgroup'));
  return expect.poll(() => processesOf(request).filter(works), { timeout: 60_000 }).not.toEqual([]);
};
const told = (mark: string, request: string) =>
  all.phone.notice(({ title }) => title.startsWith(mark) && title.includes(request));

test('install: it runs, is ready, and starts by itself; once more changes nothing', async () => {
  const { code, stderr, stdout } = await all.milton('service', 'install');
  expect([code, stdout], stderr).toEqual([0, '']);
  expect(stderr).toMatch(/^Configuration: .*\n.*milton\.service is new\.\nMilton runs \(process \d+\)\./);
  expect(all.unit).toContain(`PATH=${all.user.home}/own agents:/`);
  const status = await all.status();
  expect(status).toMatchObject({
    ...{ running: true, active: 'active', enabled: true, restarts: 0, result: 'success' },
    doing: 'Works on 0, 0 in the queue, 0 waiting for an answer',
    unit: { state: 'current' },
  });
  expect((await all.milton('status')).stdout).toContain(`Milton is running (process `);

  const again = await all.milton('service', 'install');
  expect([again.code, again.stderr]).toEqual([0, expect.stringContaining('milton.service is up to date.')]);
  expect((await all.status()).pid).toBe(status.pid);
  expect((await all.milton('service', 'status')).stdout).toMatch(
    /^The service runs \(process \d+, for [^,]+, since .*\)\.\nWorks on 0, .*\n.*milton\.service is up to date\.\n/,
  );
});

test('it works, and what it starts cannot speak to systemd for it', async () => {
  const request = await sent('CODE @slow: be watched', '🔨');
  await atWork(request);
  const environments = processesOf(request).map((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'latin1');
    } catch {
      return ''; // it has ended meanwhile
    }
  });
  expect(environments.join()).toContain(request);
  expect(environments.join()).not.toMatch(/NOTIFY_SOCKET|WATCHDOG_/);
  await all.phone.send('CANCEL last');
  await told('🛑', request);
  expect(processesOf(request)).toEqual([]);
});

test('the sandbox of agents works with what the unit forbids', async () => {
  const rules = all.unit.match(/^(?:NoNewPrivileges|UMask|LimitCORE|TasksMax|MemoryMax|OOMPolicy)=.*$/gm)!;
  expect(rules).toHaveLength(6);
  const service = ['--user', '--pipe', '--wait', '--quiet', ...rules.flatMap((rule) => ['-p', rule])];
  const shut = await all.user.run('systemd-run', ...service, 'bwrap', ...SHUT, ...WITH, 'echo', 'shut in');
  expect(shut).toEqual({ code: 0, stdout: 'shut in\n', stderr: '' });
});

test('killed, it is started again, and goes on with what it had accepted', async () => {
  await all.dropIn('RestartSec=500ms');
  await all.milton('service', 'restart');
  const pid = await all.ready();
  await all.user.run('kill', '-KILL', String(pid));
  const next = await all.ready(pid);
  expect(await all.status()).toMatchObject({ restarts: 1, running: true });
  await sent('CODE: after the crash', '✅');
  expect((await all.status()).pid).toBe(next);
});

test('halted, or stuck in a loop, it gives no sign, and is started again', async () => {
  // Each sign is a process of its own: one that is late is not to be taken for none.
  await all.dropIn('RestartSec=500ms', 'WatchdogSec=15');
  await all.milton('service', 'restart');
  const pid = await all.ready();
  const { restarts } = await all.status();
  await all.user.run('kill', '-STOP', String(pid));
  const next = await all.ready(pid);
  expect((await all.status()).restarts).toBe(restarts + 1);
  const request = await sent('CODE: get stuck', '✅');
  expect(await all.ready()).not.toBe(next);
  expect((await all.status()).restarts).toBe(restarts + 2);
  expect(all.phone.notices.filter(({ title }) => /^(✅|❌|⚠️)/u.test(title) && title.includes(request))).toHaveLength(1);
  await all.dropIn('RestartSec=500ms');
});

test('stop: work is interrupted within 30 s, nothing of it lives on, and the phone hears of it; start: how it ended', async () => {
  const request = await sent('CODE @slow: be interrupted', '🔨');
  await atWork(request);
  const began = Date.now();
  const { code, stderr } = await all.milton('service', 'stop');
  const took = Date.now() - began;
  expect([code, stderr]).toEqual([0, expect.stringContaining('Milton has stopped.')]);
  expect(took).toBeLessThan(30_000);
  expect((await told('⏸️', request)).body).toContain('has been interrupted');
  expect(processesOf(request)).toEqual([]);
  expect(await all.status()).toMatchObject({ running: false, active: 'inactive', result: 'success' });

  const restarting = Date.now();
  expect((await all.milton('service', 'start')).code).toBe(0);
  expect(Date.now() - restarting).toBeLessThan(5000);
  const last = await told('⚠️', request);
  expect(last.body).toMatch(/1 file changed, kept on branch/);
  expect(last.actions.map(({ label }) => label)).toContain('Retry');
  console.log(`stop with an agent at work: ${took} ms`);
});

test('a machine that shuts down with work under way: interrupted by Milton, told, and taken up after the boot', async () => {
  const request = await sent('CODE @slow: be shut down', '🔨');
  await atWork(request);
  await all.phone.send('CODE: wait for the boot');
  await all.phone.notice(({ title, body }) => title.startsWith('👂') && body.includes('wait for the boot'));
  const began = Date.now();
  await all.user.shutDown();
  expect(Date.now() - began).toBeLessThan(30_000);
  await told('⏸️', request);
  expect(processesOf(request)).toEqual([]);
  await all.user.boot();
  await all.ready();
  await told('⚠️', request);
  await all.phone.notice(({ title, body }) => title.startsWith('✅') && body.includes('wait for the boot'));
});

test('with nothing to do, a restart takes less than five seconds', async () => {
  const began = Date.now();
  expect((await all.milton('service', 'restart')).code).toBe(0);
  const took = Date.now() - began;
  expect(took).toBeLessThan(5000);
  console.log(`restart without work: ${took} ms`);
});

test('a wrong configuration is tried once and told, and a second Milton is refused', async () => {
  all.configure('export default {};');
  const { code, stderr } = await all.milton('service', 'restart');
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/did not start: it ended with 3 \(wrong configuration\)\.\n.*milton check/),
  ]);
  expect(await all.status()).toMatchObject({ active: 'failed', exitCode: 3, restarts: 0 });
  const refused = await all.milton('service', 'install');
  expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining('Milton from starting')]);
  all.configure();
  expect((await all.milton('service', 'start')).code).toBe(0);
  expect((await all.milton('start')).code).toBe(75);
});

test('a unit changed by hand is kept; uninstall leaves nothing but what is the person’s own', async () => {
  const file = (await all.status()).unit.file;
  const written = all.unit;
  writeFileSync(file, written.replace('TasksMax=4096', 'TasksMax=99'));
  for (const action of ['install', 'uninstall']) {
    const { code, stderr } = await all.milton('service', action);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/was changed by hand\.\n.*--force/)]);
  }
  const forced = await all.milton('service', 'install', '--force');
  expect(forced.stderr).toContain('- TasksMax=99\n  + TasksMax=4096\n');
  expect(all.unit).toBe(written);
  const { pid } = await all.status();
  const gone = await all.milton('service', 'uninstall');
  expect([gone.code, gone.stderr]).toEqual([0, expect.stringMatching(/no service any more[\s\S]*override\.conf/)]);
  expect(all.unit).toBe('');
  expect((await all.user.run('kill', '-0', String(pid))).code).toBe(1);
  expect((await all.milton('service', 'start')).stderr).toContain('Run: milton service install');
  expect((await all.milton('service', 'status')).stdout).toMatch(/^Milton is not installed as a service\./);
});

test('systemd reads every word of a command as it was meant', async () => {
  const texts = awkward(200);
  const heard = join(all.user.root, 'heard.json');
  const script = 'require("node:fs").writeFileSync(process.argv[1], JSON.stringify(process.argv.slice(2)))';
  const words = [process.execPath, '-e', script, '--', heard, ...texts].map(quoted);
  writeFileSync(
    join(all.user.home, '.config/systemd/user/words.service'),
    `[Service]\nType=oneshot\nExecStart=:${words.join(' ')}\n`,
  );
  await all.user.run('systemctl', '--user', 'daemon-reload');
  expect((await all.user.run('systemctl', '--user', 'start', 'words.service')).code).toBe(0);
  expect(JSON.parse(readFileSync(heard, 'utf8'))).toEqual(texts);
});
