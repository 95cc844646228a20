// The commands against a stand-in for launchctl: nobody has run them on a Mac yet.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { launchd } from '../../../src/cli/service/launchd/commands.ts';
import type { ServiceCommands } from '../../../src/cli/service/service.ts';
import { StandIns } from '../../support/stand-in.ts';
import { configuration, Desk } from '../desk.ts';

const LAUNCHCTL = `! [ -e "$home/fails" ] || { echo "Bootstrap failed: 5: Input/output error" >&2; exit 5; }
case "$1" in
  bootstrap) touch "$home/loaded";;
  bootout) rm "$home/loaded";;
  print) [ -e "$home/loaded" ] || exit 113
    printf 'gui/501/milton-orchestrator = {\\n\\tstate = running\\n\\tpid = 42\\n\\truns = 3\\n\\tlast exit code = 1\\n}\\n';;
esac`;
const domain = `gui/${process.getuid!()}`;

let stand: StandIns;
let desk: Desk;
beforeEach(() => {
  stand = new StandIns();
  desk = new Desk();
  desk.write('.env', 'TARGET_REPO=app\n');
  desk.write('milton.config.ts', configuration());
  stand.program('launchctl', LAUNCHCTL);
  vi.stubEnv('HOME', desk.home);
  vi.stubEnv('SHELL', '/bin/sh');
  vi.stubEnv('PATH', `${stand.bin}:${process.env.PATH}`);
});
afterEach(() => {
  vi.unstubAllEnvs();
  desk[Symbol.dispose]();
  stand[Symbol.dispose]();
});

async function milton(action: keyof ServiceCommands, flags: Record<string, boolean | string> = {}) {
  const [printed, talked]: [string[], string[]] = [[], []];
  const terminal = {
    ...{ verbose: false, style: (_: unknown, text: string) => text },
    print: (line: string) => void printed.push(line),
    printJson: (value: object) => void printed.push(JSON.stringify(value)),
    talk: (line: string) => void talked.push(line),
  };
  const code = await launchd[action]({ flags, words: [action], terminal });
  const calls = stand.calls().filter((call) => !call.includes(' print '));
  return { code, printed: printed.join('\n'), talked: talked.join('\n'), calls };
}
const file = () => join(desk.home, 'Library/LaunchAgents/milton-orchestrator.plist');

test('install, status, stop, start, restart, uninstall', async () => {
  await expect(milton('start')).rejects.toMatchObject({ code: 'NOT_INSTALLED' });
  const config = join(desk.home, 'milton.config.ts');
  const first = await milton('install', { config });
  expect(first.calls).toEqual([`launchctl bootstrap ${domain} ${file()}`]);
  expect(first.talked).toMatch(/is new\.\n.*\n.*has not been tested on a Mac/);
  expect(readFileSync(file(), 'utf8')).toContain(`<string>${config}</string>`);
  const again = await milton('install', { config });
  expect([again.calls, again.talked]).toEqual([[], expect.stringContaining('is up to date.')]);

  expect((await milton('status')).printed).toMatch(/^The service runs \(process 42\)\.\nlaunchd says: running/);
  expect(JSON.parse((await milton('status', { json: true })).printed)).toMatchObject({
    ...{ v: 1, running: true, pid: 42, runs: 3, unit: { intact: true } },
  });
  expect((await milton('restart')).calls).toEqual([`launchctl kickstart -k ${domain}/milton-orchestrator`]);
  expect((await milton('stop')).calls).toEqual([`launchctl bootout ${domain}/milton-orchestrator`]);
  expect((await milton('status')).printed).toMatch(/^The service does not run\./);
  expect((await milton('start')).calls).toEqual([`launchctl bootstrap ${domain} ${file()}`]);
  stand.write('fails', '');
  await expect(milton('stop')).resolves.toMatchObject({ calls: [] });
  await expect(milton('start')).rejects.toMatchObject({ message: expect.stringContaining('Bootstrap failed: 5') });
  stand.program('launchctl', LAUNCHCTL.replace('"$home/fails"', '"$home/never"'));
  stand.calls();
  expect((await milton('uninstall')).calls).toEqual([`launchctl bootout ${domain}/milton-orchestrator`]);
  expect(existsSync(file())).toBe(false);
});
