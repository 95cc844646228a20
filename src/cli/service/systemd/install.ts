import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { MiltonError } from '../../../pipeline/errors.ts';
import { holder } from '../../../pipeline/store/sqlite.ts';
import type { Run } from '../../command-line/command.ts';
import { safe } from '../../command-line/terminal.ts';
import { databaseFile, usesSqlite } from '../../installation/database-file.ts';
import { type Prepared, prepare } from '../../installation/prepare.ts';
import { thisProgram } from '../program.ts';
import { refuseUnfit, tellMissing } from '../readiness.ts';
import { place, refuseEdited } from '../sealed-file.ts';
import { managerVersion, order, systemctl } from './manager.ts';
import { bringUp, demandUnit, explainLinger } from './run.ts';
import { unitState } from './state.ts';
import { UNIT, unitOf } from './unit.ts';
import { unitFile } from './unit-file.ts';

const INSTEAD = `Run "systemctl --user edit ${UNIT}" for changes that stay.`;

/** `milton service install`: also an upgrade of what is installed. */
export const install: Run = async ({ flags, terminal }) => {
  const prepared = await prepare(flags);
  if (flags.print) {
    const version = await managerVersion().catch(() => 0);
    terminal.print(unitOf(await thisProgram(prepared.path, terminal), version).trimEnd());
    return 0;
  }
  const version = await managerVersion();
  await refuseUnfit(prepared);
  const before = await unitState();
  refuseSecond(prepared, before.pid);
  terminal.talk(`Configuration: ${safe(prepared.path)}`);
  tellMissing(prepared, terminal);
  const file = unitFile();
  const text = unitOf(await thisProgram(prepared.path, terminal), version);
  refuseEdited(file, { force: flags.force === true, instead: INSTEAD });
  const changed = place(file, text, terminal);
  await order('daemon-reload');
  await order('enable', UNIT);
  if (before.active !== 'active') await bringUp('start', terminal);
  else if (changed) terminal.talk('Milton goes on as before until: milton service restart');
  await explainLinger(terminal);
  terminal.talk('How it is: milton service status. What it says: milton service logs -f');
  return 0;
};

/** `milton service uninstall`. */
export const uninstall: Run = async ({ flags, terminal }) => {
  await demandUnit();
  const file = unitFile();
  refuseEdited(file, { force: flags.force === true, instead: 'Look whether you still need what is in it.' });
  const { dropIns } = await unitState();
  terminal.talk('Milton lets work come to an end, for 30 s at most …');
  await order('disable', '--now', UNIT);
  rmSync(file);
  await order('daemon-reload');
  // It remembers a unit that has failed.
  await systemctl('reset-failed', UNIT);
  terminal.talk('Milton is no service any more. Its configuration and its requests are as they were.');
  for (const path of dropIns) terminal.talk(`Your own file stays: ${safe(path)}`);
  return 0;
};

/** One that somebody has started by hand would keep the service from starting, again and again. */
function refuseSecond(prepared: Prepared, own: number | undefined): void {
  const running = usesSqlite(prepared) ? holder(dirname(databaseFile(prepared))) : undefined;
  if (!running || (own !== undefined && running.pid === own)) return;
  throw new MiltonError('ALREADY_RUNNING', `Milton already runs (process ${running.pid ?? 'unknown'}).`, {
    hint: 'Stop it first, then run this again.',
  });
}
