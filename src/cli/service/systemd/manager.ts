import { existsSync, readFileSync } from 'node:fs';
import { MiltonError } from '../../../pipeline/errors.ts';
import { ExecaProcessRunner } from '../../../pipeline/services/process-runner.ts';
import type { ProcessResult } from '../../../pipeline/services.ts';
import { account } from '../account.ts';

/** Longer than a start or a stop of the unit may take; ms. */
const PATIENCE = 330_000;
const runner = new ExecaProcessRunner();

/** The environment in which this user's manager is found, also where `su`, `sudo` or `ssh` did not say where that is. */
export function managerEnvironment(): Record<string, string> {
  const { PATH = '', HOME = '', XDG_RUNTIME_DIR, XDG_CONFIG_HOME, DBUS_SESSION_BUS_ADDRESS: bus } = process.env;
  const usual = `/run/user/${process.getuid?.()}`;
  const runtime = XDG_RUNTIME_DIR || (existsSync(usual) ? usual : undefined);
  return {
    ...{ PATH, HOME, LC_ALL: 'C' },
    ...(runtime ? { XDG_RUNTIME_DIR: runtime } : {}),
    ...(XDG_CONFIG_HOME ? { XDG_CONFIG_HOME } : {}),
    ...(bus ? { DBUS_SESSION_BUS_ADDRESS: bus } : {}),
  };
}

/** Runs `systemctl --user`. */
export const systemctl = (...args: readonly string[]): Promise<ProcessResult> =>
  runner.run('systemctl', ['--user', ...args], { env: managerEnvironment(), timeout: PATIENCE });

/** Runs `systemctl --user`, and says what did not work where it fails. */
export async function order(...args: readonly string[]): Promise<string> {
  const result = await systemctl(...args);
  if (result.exitCode === 0) return result.stdout;
  const why = result.stderr.trim() || result.failure || `exit code ${result.exitCode}`;
  throw new MiltonError('SYSTEMD', `"systemctl --user ${args.join(' ')}" failed: ${why}`);
}

/**
 * The version of this user's manager.
 * @throws MiltonError NO_MANAGER where there is none, with what to do.
 */
export async function managerVersion(): Promise<number> {
  const { exitCode, failure, stdout, stderr } = await systemctl('show', '--property=Version', '--value');
  if (exitCode === 0) return Number.parseInt(stdout, 10) || 0;
  if (failure === 'missing') throw noManager('there is no systemctl', ELSEWHERE);
  throw noManager(stderr.trim().split('\n')[0] ?? '', hint());
}

const noManager = (why: string, what: string) =>
  new MiltonError('NO_MANAGER', `systemd runs no services for you here: ${why.replace(/\.$/, '')}.`, { hint: what });

const ELSEWHERE = 'Have whatever looks after services here start this, and start it again when it fails: milton start';

function hint(): string {
  if (existsSync('/run/systemd/system')) {
    const { user } = account();
    return `Log in as ${user} directly, not through su or sudo. Or let ${user}'s services run without a login, and try again: sudo loginctl enable-linger ${user}`;
  }
  if (isWsl()) {
    return 'WSL starts systemd when /etc/wsl.conf has the lines "[boot]" and "systemd=true". Then run in Windows: wsl --shutdown';
  }
  return `systemd does not run on this machine, as in most containers. ${ELSEWHERE}`;
}

function isWsl(): boolean {
  try {
    return /microsoft/i.test(readFileSync('/proc/version', 'utf8'));
  } catch {
    return false;
  }
}

/** Whether this user's services run without a login; undefined where logind does not say. */
export async function lingers(): Promise<boolean | undefined> {
  const args = ['show-user', account().user, '--property=Linger', '--value'];
  const { exitCode, stdout } = await runner.run('loginctl', args, { env: managerEnvironment() });
  return exitCode === 0 ? stdout.trim() === 'yes' : undefined;
}
