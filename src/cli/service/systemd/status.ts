import type { Run } from '../../command-line/command.ts';
import { safe, type Terminal } from '../../command-line/terminal.ts';
import { duration, moment } from '../../command-line/wording.ts';
import { lingers, managerVersion } from './manager.ts';
import { explainLinger } from './run.ts';
import { type UnitState, unitState } from './state.ts';
import { type InstalledUnit, installedUnit } from './unit-file.ts';

/** `milton service status`. */
export const status: Run = async ({ flags, terminal }) => {
  await managerVersion();
  const unit = installedUnit();
  const state = await unitState();
  if (flags.json) {
    const since = state.since === undefined ? {} : { since: new Date(state.since).toISOString() };
    terminal.printJson({ v: 1, running: state.active === 'active', linger: await lingers(), unit, ...state, ...since });
    return 0;
  }
  if (unit.state === 'missing' && state.active === 'inactive') {
    terminal.print('Milton is not installed as a service. Install it: milton service install');
    return 0;
  }
  for (const line of linesOf(state, terminal)) terminal.print(line);
  for (const line of advice(unit, state)) terminal.print(line);
  await explainLinger(terminal);
  return 0;
};

function linesOf(state: UnitState, { style }: Pick<Terminal, 'style'>): string[] {
  const { active, sub, pid, since, doing, restarts, result, exitCode, enabled } = state;
  const runs = active === 'active';
  const how = runs
    ? `${style('green', 'The service runs')} (process ${pid ?? 'unknown'}${since ? `, for ${duration(Date.now() - since)}, since ${moment(since)}` : ''}).`
    : `${style('yellow', `The service does not run`)}: ${safe(active)} (${safe(sub)}).${active === 'inactive' ? ' Start it: milton service start' : ''}`;
  return [
    how,
    ...(runs && doing ? [`${safe(doing)}.`] : []),
    ...(restarts > 0 ? [`It was started again ${times(restarts)}, since it had failed. Why: milton service logs`] : []),
    ...(!runs && result !== 'success'
      ? [`It ended last with ${exitCode} (${safe(result)}). Why: milton service logs`]
      : []),
    ...(enabled ? [] : ['It does not start by itself. To change that: milton service install']),
  ];
}

const times = (count: number) => (count === 1 ? 'once' : `${count} times`);

function advice({ file, state, version }: InstalledUnit, { dropIns, unread }: UnitState): string[] {
  const anew = 'Write it anew: milton service install';
  const said: Readonly<Record<InstalledUnit['state'], string>> = {
    current: 'is up to date.',
    older: `was written by Milton ${version}. ${anew}`,
    edited: 'was changed by hand, so that an upgrade does not reach it.',
    broken: `starts a Node or a Milton that is not there any more. ${anew}`,
    missing: `is gone. ${anew}`,
  };
  return [
    `${safe(file)} ${safe(said[state])}`,
    ...dropIns.map((path) => `With ${safe(path)}`),
    ...(unread ? ['systemd has not read it since it was changed. Run: systemctl --user daemon-reload'] : []),
  ];
}
