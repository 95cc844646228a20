// The commands against a stand-in for systemctl; test/e2e/service.test.ts has the real one.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { service } from '../../../src/cli/service/service.ts';
import { unitOf } from '../../../src/cli/service/systemd/unit.ts';
import { installedUnit } from '../../../src/cli/service/systemd/unit-file.ts';
import { StandIns } from '../../support/stand-in.ts';
import { configuration, Desk } from '../desk.ts';

const SYSTEMCTL = `case "$*" in
  *Version*) echo "252 (252.38)";;
  "--user show"*) cat "$home/state";;
esac
! [ -e "$home/fails-$2" ] || { echo "Job failed." >&2; exit 1; }`;
const RUNNING = {
  ...{ ActiveState: 'active', SubState: 'running', UnitFileState: 'enabled', MainPID: '42', NRestarts: '0' },
  ...{ ActiveEnterTimestamp: '@1795747210', StatusText: 'Works on 1', Result: 'success', ExecMainStatus: '0' },
};
const STOPPED = { ...RUNNING, ActiveState: 'inactive', SubState: 'dead', MainPID: '0', StatusText: '' };

let stand: StandIns;
const file = () => join(stand.home, '.config/systemd/user/milton.service');
beforeEach(() => {
  stand = new StandIns();
  stand.program('systemctl', SYSTEMCTL);
  stand.program('loginctl', 'echo no');
  vi.stubEnv('HOME', stand.home);
  vi.stubEnv('XDG_CONFIG_HOME', '');
  vi.stubEnv('PATH', `${stand.bin}:${process.env.PATH}`);
  systemd(RUNNING);
});
afterEach(() => {
  vi.unstubAllEnvs();
  stand[Symbol.dispose]();
});

/** What systemd says of the unit from now on. */
function systemd(state: Record<string, string>): void {
  stand.write(
    'state',
    Object.entries(state)
      .map((pair) => pair.join('='))
      .join('\n'),
  );
}

function installed(change = (text: string) => text): void {
  mkdirSync(dirname(file()), { recursive: true });
  const { execPath: node } = process;
  writeFileSync(
    file(),
    change(unitOf({ node, cli: import.meta.filename, config: '/c/milton.config.ts', path: '' }, 252)),
  );
}

async function milton(action: string, flags: Record<string, boolean> = {}) {
  const [printed, talked]: [string[], string[]] = [[], []];
  const terminal = {
    ...{ verbose: false, style: (_: unknown, text: string) => text },
    print: (line: string) => void printed.push(line),
    printJson: (value: object) => void printed.push(JSON.stringify(value)),
    talk: (line: string) => void talked.push(line),
  };
  const code = await service({ flags, words: [action], terminal }).catch((error: Error & { hint?: string }) => {
    talked.push(error.message, error.hint ?? '');
    return 1;
  });
  return { code, printed: printed.join('\n'), talked: talked.join('\n'), calls: stand.calls() };
}
const asked = /^systemctl --user show milton\.service/;
const orders = (calls: readonly string[]) =>
  calls
    .filter((call) => !asked.test(call) && !call.includes('Version'))
    .map((call) => call.replace('systemctl --user ', ''));

describe('start, stop and restart', () => {
  test.each([
    ['start', 'Milton runs (process 42).'],
    ['restart', 'Milton runs (process 42).'],
    ['stop', 'Milton has stopped.'],
  ])('%s', async (verb, word) => {
    installed();
    const { code, talked, calls } = await milton(verb);
    expect([code, orders(calls)]).toEqual([0, [`${verb} milton.service`]]);
    expect(talked).toContain(word);
  });

  test.each(['start', 'restart', 'stop', 'uninstall'])('%s where nothing is installed', async (verb) => {
    const { code, talked, calls } = await milton(verb);
    expect([code, orders(calls), talked]).toEqual([1, [], expect.stringContaining('Run: milton service install')]);
  });

  test.each([
    [{ ExecMainStatus: '3', Result: 'exit-code' }, 'it ended with 3 (wrong configuration).', 'milton check'],
    [{ ExecMainStatus: '75', Result: 'exit-code' }, 'it ended with 75 (already running).', 'milton status'],
    [{ ExecMainStatus: '0', Result: 'timeout' }, 'timeout.', 'milton service logs'],
  ])('a start that fails: %j', async (state, why, next) => {
    installed();
    systemd({ ...STOPPED, ActiveState: 'failed', ...state });
    stand.write('fails-start', '');
    const { code, talked } = await milton('start');
    expect([code, talked]).toEqual([1, expect.stringContaining(`did not start: ${why}`)]);
    expect(talked).toContain(next);
  });

  test('a stop that fails says what systemd said', async () => {
    installed();
    stand.write('fails-stop', '');
    expect((await milton('stop')).talked).toContain('"systemctl --user stop milton.service" failed: Job failed.');
  });
});

describe('status', () => {
  test('of one that runs', async () => {
    installed();
    const { printed, talked, code } = await milton('status');
    expect(code).toBe(0);
    expect(printed).toMatch(/^The service runs \(process 42, for .*\)\.\nWorks on 1\.\n.*is up to date\.$/);
    expect(talked).toContain('loginctl enable-linger');
  });

  test('of one that failed, was changed and does not start by itself', async () => {
    installed((text) => text.replace('UMask=0077', 'UMask=0'));
    const failed = {
      ActiveState: 'failed',
      NRestarts: '7',
      Result: 'watchdog',
      ExecMainStatus: '6',
      UnitFileState: 'disabled',
    };
    systemd({ ...STOPPED, ...failed, DropInPaths: '/a/b.conf', NeedDaemonReload: 'yes' });
    const { printed } = await milton('status');
    for (const line of [
      'The service does not run: failed',
      'started again 7 times',
      'ended last with 6 (watchdog)',
      'does not start by itself',
      'was changed by hand',
      'With /a/b.conf',
      'daemon-reload',
    ])
      expect(printed).toContain(line);
  });

  test('of one that was started again once', async () => {
    installed();
    systemd({ ...RUNNING, NRestarts: '1' });
    expect((await milton('status')).printed).toContain('It was started again once, since it had failed.');
  });

  test('as JSON', async () => {
    installed();
    expect(JSON.parse((await milton('status', { json: true })).printed)).toEqual({
      ...{ v: 1, running: true, linger: false, active: 'active', sub: 'running', enabled: true, pid: 42, restarts: 0 },
      ...{ since: '2026-11-27T02:40:10.000Z', doing: 'Works on 1', result: 'success', exitCode: 0 },
      ...{ dropIns: [], unread: false, unit: { file: file(), state: 'current', version: expect.any(String) } },
    });
  });

  test('of nothing', async () => {
    systemd(STOPPED);
    expect((await milton('status')).printed).toMatch(/^Milton is not installed as a service\./);
  });

  test.each([
    ['current', (text: string) => text],
    ['edited', (text: string) => text.replace('WatchdogSec=60', 'WatchdogSec=0')],
    ['edited', () => '[Service]\nExecStart=/mine\n'],
  ])('a unit file that is %s', (state, change) => {
    installed(change);
    expect(installedUnit()).toMatchObject({ state, file: file() });
  });

  test('a unit file whose Node has gone with an upgrade', () => {
    mkdirSync(dirname(file()), { recursive: true });
    const gone = { node: '/nvm/v24.0.0/bin/node', cli: import.meta.filename, config: '/c/c.ts', path: '' };
    writeFileSync(file(), unitOf(gone, 252));
    expect(installedUnit().state).toBe('broken');
  });
});

test.each([
  ['no systemctl', undefined, /there is no systemctl.*start it again when it fails: milton start/s],
  ['no user manager', 'echo "Failed to connect to bus: No medium found" >&2; exit 1', /No medium found\.\n/],
])('%s: every command says what to do', async (_, script, says) => {
  if (script) stand.program('systemctl', script);
  else vi.stubEnv('PATH', stand.home);
  const actions = ['install', 'uninstall', 'start', 'stop', 'restart', 'status'];
  for (const action of actions) expect((await milton(action)).talked).toMatch(says);
});

test('logs come from the journal, also as they come', async () => {
  stand.program('journalctl', 'exit 4');
  const { code, calls } = await milton('logs', { follow: true });
  expect(code).toBe(4);
  expect(calls).toEqual(['journalctl --user-unit milton.service --lines=100 --no-pager --output=short-iso --follow']);
});

test('what is no action', async () => {
  expect((await milton('instal')).talked).toMatch(/There is no "milton service instal"\.\nSay install, uninstall,/);
});

describe('install and uninstall', () => {
  let desk: Desk;
  beforeEach(() => {
    desk = new Desk();
    desk.write('.env', 'TARGET_REPO=app\n');
    desk.write('milton.config.ts', configuration());
  });
  afterEach(() => desk[Symbol.dispose]());
  const unit = () => join(desk.home, '.config/systemd/user/milton.service');
  const run = (...args: string[]) =>
    desk.run(['service', ...args], { env: { PATH: `${stand.bin}:/usr/bin:/bin`, SHELL: '/bin/sh', DRY_RUN: 'true' } });

  test('what is written, told and done, and once more', async () => {
    systemd({ ...STOPPED, ActiveState: 'active', MainPID: '42' });
    const { code, stderr } = await run('install');
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(
      /^Configuration: .*\nSet in this terminal only, and not for the service: DRY_RUN\.\n.*\/\.env\n.*is new\.\n/,
    );
    expect(orders(stand.calls())).toEqual([
      'daemon-reload',
      'enable milton.service',
      expect.stringMatching(/^loginctl show-user/),
    ]);
    const text = readFileSync(unit(), 'utf8');
    expect(text).toContain(`"--config" "${desk.home}/milton.config.ts"`);
    expect(text).toContain(`\nWorkingDirectory=${desk.home}\n`);
    expect((await run('install', '--print')).stdout).toBe(text);

    writeFileSync(unit(), text.replace('[Install]', 'Nice=5\n[Install]'));
    stand.calls();
    const refused = await run('uninstall');
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('was changed by hand.')]);
    const forced = await run('uninstall', '--force');
    expect(forced.code, forced.stderr).toBe(0);
    expect(orders(stand.calls())).toEqual([
      'disable --now milton.service',
      'daemon-reload',
      'reset-failed milton.service',
    ]);
    expect(existsSync(unit())).toBe(false);
  });

  test('what could not start is not installed, nor beside a Milton that somebody has started', async () => {
    desk.write('.env', 'TARGET_REPO=nowhere\n');
    expect(await run('install')).toMatchObject({ code: 3, stderr: expect.stringContaining('nowhere does not exist') });
    desk.write('.env', 'TARGET_REPO=app\n');
    const daemon = desk.start(['start']);
    await daemon.said(/is ready/);
    const { code, stderr } = await run('install');
    daemon.child.kill('SIGKILL');
    await daemon.ended;
    expect([code, stderr]).toEqual([75, expect.stringContaining(`Milton already runs (process ${daemon.child.pid})`)]);
    expect(existsSync(unit())).toBe(false);
  });
});
