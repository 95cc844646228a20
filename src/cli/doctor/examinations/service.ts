import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { at, type Examination, type Finding } from '../examination.ts';
import type { Machine, Patient } from '../patient.ts';
import { programsOf } from './service/programs-of.ts';

const { ok, warning, failure } = at('service');
const UNIT = 'milton.service';
const AGAIN = 'Run: milton service install';

/** Whether the installed service points to what is there, is on, and runs; no service at all is fine. */
export const service: Examination = {
  topic: 'service',
  async examine(patient, signal) {
    const { platform } = patient.machine;
    const file = installed(patient.machine, patient.childEnv);
    if (file === undefined) return [ok('', 'None is installed: Milton runs as long as you let milton start run')];
    const gone = programsOf(readFileSync(file, 'utf8')).filter((path) => !existsSync(path));
    if (gone.length > 0) {
      const why = 'The service cannot start: Node or Milton was moved or updated.';
      return [failure('programs', `${file} starts ${gone.join(' and ')}, which is not there`, { why, repair: AGAIN })];
    }
    return platform === 'darwin' ? [ok('', `${file} is installed`)] : systemd(patient, signal);
  },
};

function installed({ home, platform }: Machine, { XDG_CONFIG_HOME }: Patient['childEnv']): string | undefined {
  const settings = XDG_CONFIG_HOME || join(home, '.config');
  if (platform !== 'darwin') return [join(settings, 'systemd/user', UNIT)].find((path) => existsSync(path));
  const agents = join(home, 'Library/LaunchAgents');
  const names = existsSync(agents) ? readdirSync(agents) : [];
  return names.filter((name) => /milton.*\.plist$/.test(name)).map((name) => join(agents, name))[0];
}

async function systemd({ run, childEnv }: Patient, signal: AbortSignal): Promise<readonly Finding[]> {
  const ask = async (what: string) => {
    const { stdout, stderr, failure: broken } = await run('systemctl', ['--user', what, UNIT], signal);
    return stdout.trim() || (broken ?? stderr.trim());
  };
  const [active, enabled, linger] = await Promise.all([
    ask('is-active'),
    ask('is-enabled'),
    lingers({ run, childEnv }, signal),
  ]);
  if (!STATES.has(active)) {
    const why = `systemctl --user says: ${active}`;
    const repair = 'Log in as this user without su or sudo, then run: systemctl --user status';
    return [
      warning('manager', 'A service is installed, and no user manager answers that could run it', { why, repair }),
    ];
  }
  return [state(active), ...(enabled === 'disabled' ? [notEnabled] : []), ...(linger === false ? [noLinger] : [])];
}

const STATES = new Set(['active', 'activating', 'reloading', 'deactivating', 'inactive', 'failed']);

function state(active: string): Finding {
  if (active === 'failed') {
    const why = 'It ended so that starting it again does not help, as with a wrong configuration.';
    return failure('state', 'The service has failed', {
      why,
      repair: 'Run: milton service logs, then milton service start',
    });
  }
  if (active === 'inactive') return warning('state', 'The service is stopped', { repair: 'Run: milton service start' });
  return ok('', `The service is ${active}`);
}

const notEnabled = warning('enabled', 'The service does not start by itself', {
  why: 'After the next login Milton does not run.',
  repair: `Run: systemctl --user enable ${UNIT}`,
});

const noLinger = warning('linger', 'The service ends when you log out', {
  why: 'Without lingering, a user manager lives from login to logout.',
  repair: 'Run: loginctl enable-linger',
});

/** Whether the user's manager outlives the login; undefined where nobody says. */
async function lingers(
  { run, childEnv }: Pick<Patient, 'run' | 'childEnv'>,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  const user = childEnv.USER ?? childEnv.LOGNAME;
  const { stdout } = await run('loginctl', ['show-user', ...(user ? [user] : []), '--property=Linger'], signal);
  const [, said] = /^Linger=(yes|no)$/m.exec(stdout) ?? [];
  return said === undefined ? undefined : said === 'yes';
}
