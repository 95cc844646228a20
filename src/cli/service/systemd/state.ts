import { order } from './manager.ts';
import { UNIT } from './unit.ts';

/** What systemd says of the unit. */
export interface UnitState {
  /** `active`, `activating`, `inactive`, `failed`, … */
  readonly active: string;
  readonly sub: string;
  readonly enabled: boolean;
  readonly pid?: number;
  /** How often it was started again by itself since the last start by hand. */
  readonly restarts: number;
  /** Since when it is ready; ms since the epoch. */
  readonly since?: number;
  /** What Milton says it does. */
  readonly doing?: string;
  /** How it ended last, in systemd's words. */
  readonly result: string;
  readonly exitCode: number;
  readonly dropIns: readonly string[];
  /** The file was changed, and systemd has not read it since. */
  readonly unread: boolean;
}

const ASKED = [
  ...['ActiveState', 'SubState', 'UnitFileState', 'MainPID', 'NRestarts', 'ActiveEnterTimestamp', 'StatusText'],
  ...['Result', 'ExecMainStatus', 'DropInPaths', 'NeedDaemonReload'],
];

/** Asks systemd about the unit. */
export async function unitState(): Promise<UnitState> {
  const said = await order('show', UNIT, '--timestamp=unix', `--property=${ASKED.join()}`);
  const of = new Map(
    said.split('\n').map((line): [string, string] => {
      const at = line.indexOf('=');
      return [line.slice(0, at), line.slice(at + 1).trim()];
    }),
  );
  const number = (name: string) => Number(of.get(name)?.replace(/^@/, '') || 0);
  const [pid, since] = [number('MainPID'), number('ActiveEnterTimestamp')];
  const active = of.get('ActiveState') ?? 'unknown';
  return {
    active,
    sub: of.get('SubState') ?? '',
    enabled: of.get('UnitFileState') === 'enabled',
    ...(pid > 0 ? { pid } : {}),
    restarts: number('NRestarts'),
    ...(active === 'active' && since > 0 ? { since: since * 1000 } : {}),
    ...(of.get('StatusText') ? { doing: of.get('StatusText')! } : {}),
    result: of.get('Result') ?? '',
    exitCode: number('ExecMainStatus'),
    dropIns: (of.get('DropInPaths') ?? '').split(' ').filter(Boolean),
    unread: of.get('NeedDaemonReload') === 'yes',
  };
}
