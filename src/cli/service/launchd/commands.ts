import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Run } from '../../command-line/command.ts';
import { safe } from '../../command-line/terminal.ts';
import { prepare } from '../../installation/prepare.ts';
import { version } from '../../version.ts';
import { handOver } from '../hand-over.ts';
import { thisProgram } from '../program.ts';
import { refuseUnfit, tellMissing } from '../readiness.ts';
import { place, readIfThere, refuseEdited, sealOf } from '../sealed-file.ts';
import type { ServiceCommands } from '../service.ts';
import { agentState, demandAgent, load, logFile, plistFile, startAnew, unload } from './launchctl.ts';
import { plistOf } from './plist.ts';

const UNTESTED = 'Milton as a service has not been tested on a Mac yet: please tell how it went.';

const install: Run = async ({ flags, terminal }) => {
  const prepared = await prepare(flags);
  const [file, log] = [plistFile(), logFile()];
  const text = plistOf(await thisProgram(prepared.path, terminal), log);
  if (flags.print) {
    terminal.print(text.trimEnd());
    return 0;
  }
  await refuseUnfit(prepared);
  terminal.talk(`Configuration: ${safe(prepared.path)}`);
  tellMissing(prepared, terminal);
  refuseEdited(file, { force: flags.force === true, instead: 'launchd knows no additions to such a file.' });
  mkdirSync(dirname(log), { recursive: true });
  const changed = place(file, text, terminal);
  const loaded = await agentState();
  if (loaded && changed) await unload();
  if (!loaded || changed) await load();
  terminal.talk('Milton runs, and starts when you log in. How it is: milton service status');
  terminal.talk(UNTESTED);
  return 0;
};

const uninstall: Run = async ({ flags, terminal }) => {
  demandAgent();
  refuseEdited(plistFile(), { force: flags.force === true, instead: 'Look whether you still need what is in it.' });
  if (await agentState()) await unload();
  rmSync(plistFile());
  terminal.talk('Milton is no service any more. Its configuration and its requests are as they were.');
  return 0;
};

const start: Run = async ({ terminal }) => {
  demandAgent();
  if (!(await agentState())) await load();
  terminal.talk('Milton runs. How it is: milton service status');
  return 0;
};

/** launchd would start an agent again that has only been told to end. */
const stop: Run = async ({ terminal }) => {
  demandAgent();
  if (await agentState()) await unload();
  terminal.talk('Milton has stopped. It starts again when you log in; to end that: milton service uninstall');
  return 0;
};

const restart: Run = async ({ terminal }) => {
  demandAgent();
  await ((await agentState()) ? startAnew() : load());
  terminal.talk('Milton starts anew. How it is: milton service status');
  return 0;
};

const status: Run = async ({ flags, terminal }) => {
  const seal = sealOf(readIfThere(plistFile()) ?? '');
  const state = await agentState();
  const running = state?.pid !== undefined;
  if (flags.json) {
    terminal.printJson({ v: 1, running, ...(state ?? {}), unit: { file: plistFile(), ...(seal ?? {}) } });
    return 0;
  }
  terminal.print(running ? `The service runs (process ${state.pid}).` : 'The service does not run.');
  if (state)
    terminal.print(`launchd says: ${safe(state.state)}; it ended last with ${safe(state.lastExit ?? 'nothing')}.`);
  if (seal?.version !== version()) terminal.print(`Write ${safe(plistFile())} anew: milton service install`);
  return 0;
};

/** launchd keeps no journal: what Milton says is in a file. */
const logs: Run = async ({ flags }) => {
  const { PATH = '/usr/bin:/bin' } = process.env;
  return handOver('tail', ['-n', '100', ...(flags.follow ? ['-F'] : []), logFile()], { PATH });
};

/** Milton as a launchd agent of this user. Written by the manual: nobody has run it on a Mac yet. */
export const launchd: ServiceCommands = { install, uninstall, start, stop, restart, status, logs };
