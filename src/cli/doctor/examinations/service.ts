import { existsSync } from 'node:fs';
import { account } from '../../service/account.ts';
import { plistFile } from '../../service/launchd/launchctl.ts';
import { programsOf } from '../../service/programs-of.ts';
import { readIfThere, sealOf } from '../../service/sealed-file.ts';
import { managerEnvironment } from '../../service/systemd/manager.ts';
import { UNIT } from '../../service/systemd/unit.ts';
import { unitFile } from '../../service/systemd/unit-file.ts';
import { version } from '../../version.ts';
import { at, type Examination, type Finding } from '../examination.ts';
import type { Patient } from '../patient.ts';

const { ok, warning, failure } = at('service');
const AGAIN = 'Run: milton service install';

/** Whether the installed service points to what is there, is on, and runs; no service at all is fine. */
export const service: Examination = {
  topic: 'service',
  async examine(patient, signal) {
    const mac = patient.machine.platform === 'darwin';
    const file = mac ? plistFile() : unitFile();
    const text = readIfThere(file);
    if (text === undefined) return [ok('', 'None is installed: Milton runs as long as you let milton start run')];
    const gone = programsOf(text).filter((path) => !existsSync(path));
    if (gone.length > 0) {
      const why = 'The service cannot start: Node or Milton was moved or updated.';
      return [failure('programs', `${file} starts ${gone.join(' and ')}, which is not there`, { why, repair: AGAIN })];
    }
    const by = sealOf(text)?.version ?? version();
    const old = by === version() ? [] : [older(file, by)];
    return [...(mac ? [ok('', `${file} is installed`)] : await systemd(patient, signal)), ...old];
  },
};

const older = (file: string, by: string): Finding =>
  warning('version', `${file} was written by Milton ${by}`, { why: `This is Milton ${version()}.`, repair: AGAIN });

async function systemd({ runner, machine }: Patient, signal: AbortSignal): Promise<readonly Finding[]> {
  const ask = async (program: string, ...args: readonly string[]) => {
    const options = { env: managerEnvironment(), signal, timeout: 2 * machine.patience.answer };
    const { stdout, stderr, failure: broken } = await runner.run(program, args, options);
    return stdout.trim() || (broken ?? stderr.trim());
  };
  const [active, enabled, linger] = await Promise.all([
    ask('systemctl', '--user', 'is-active', UNIT),
    ask('systemctl', '--user', 'is-enabled', UNIT),
    ask('loginctl', 'show-user', account().user, '--property=Linger'),
  ]);
  if (!STATES.has(active)) {
    const why = `systemctl --user says: ${active}`;
    const repair = 'Log in as this user without su or sudo, then run: systemctl --user status';
    return [
      warning('manager', 'A service is installed, and no user manager answers that could run it', { why, repair }),
    ];
  }
  return [
    state(active),
    ...(enabled === 'disabled' ? [notEnabled] : []),
    ...(linger === 'Linger=no' ? [noLinger] : []),
  ];
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
