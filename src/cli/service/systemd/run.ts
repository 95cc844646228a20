import { MiltonError } from '../../../pipeline/errors.ts';
import type { Run } from '../../command-line/command.ts';
import { EXIT_CODES } from '../../command-line/exit-codes.ts';
import type { Terminal } from '../../command-line/terminal.ts';
import { lingers, managerVersion, order, systemctl } from './manager.ts';
import { unitState } from './state.ts';
import { UNIT } from './unit.ts';
import { installedUnit } from './unit-file.ts';

const STOP_TAKES = 'Milton lets work come to an end, for 30 s at most …';

/** `milton service start`. */
export const startUnit: Run = async ({ terminal }) => {
  await demandUnit();
  await bringUp('start', terminal);
  return 0;
};

/** `milton service restart`. */
export const restartUnit: Run = async ({ terminal }) => {
  await demandUnit();
  terminal.talk(STOP_TAKES);
  await bringUp('restart', terminal);
  return 0;
};

/** `milton service stop`. */
export const stopUnit: Run = async ({ terminal }) => {
  await demandUnit();
  terminal.talk(STOP_TAKES);
  await order('stop', UNIT);
  terminal.talk('Milton has stopped. It starts again at the next boot or login; to end that: milton service uninstall');
  return 0;
};

/** Starts the unit; says why it did not work, by how Milton ended. */
export async function bringUp(verb: 'start' | 'restart', terminal: Pick<Terminal, 'talk'>): Promise<void> {
  const { exitCode } = await systemctl(verb, UNIT);
  const state = await unitState();
  if (exitCode === 0 && state.active === 'active') {
    terminal.talk(`Milton runs (process ${state.pid ?? 'unknown'}).`);
    return;
  }
  const meaning = EXIT_CODES[state.exitCode];
  const how = state.exitCode > 0 ? `it ended with ${state.exitCode}${meaning ? ` (${meaning})` : ''}` : state.result;
  throw new MiltonError('NOT_STARTED', `The service did not start: ${how}.`, {
    hint: `What it said: milton service logs. What is wrong: milton check${state.exitCode === 75 ? '. Who runs: milton status' : ''}`,
  });
}

/** Refuses where there is no manager, or nothing installed. */
export async function demandUnit(): Promise<void> {
  await managerVersion();
  if (installedUnit().state !== 'missing') return;
  throw new MiltonError('NOT_INSTALLED', 'Milton is not installed as a service.', {
    hint: 'Run: milton service install',
  });
}

/** Says what becomes of the service at a logout, where it does not go on. */
export async function explainLinger(terminal: Pick<Terminal, 'talk'>): Promise<void> {
  if ((await lingers()) !== false) return;
  terminal.talk('It stops when you log out, and starts when you log in.');
  terminal.talk('To have it run from boot on, whether you are logged in or not: loginctl enable-linger');
}
