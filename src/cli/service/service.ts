import { MiltonError } from '../../pipeline/errors.ts';
import type { Run } from '../command-line/command.ts';
import { usageError } from '../command-line/exit-codes.ts';

const ACTIONS = ['install', 'uninstall', 'start', 'stop', 'restart', 'status', 'logs'] as const;

/** What can be done with a service, by one kind of service manager. */
export type ServiceCommands = Readonly<Record<(typeof ACTIONS)[number], Run>>;

/** `milton service install | uninstall | start | stop | restart | status | logs`. */
export const service: Run = async (invocation) => {
  const [word = 'status'] = invocation.words;
  const action = ACTIONS.find((name) => name === word);
  if (!action) throw usageError(`There is no "milton service ${word}".`, `Say ${ACTIONS.join(', ')}.`);
  return (await commandsHere())[action](invocation);
};

async function commandsHere(): Promise<ServiceCommands> {
  if (process.platform === 'linux') return (await import('./systemd/commands.ts')).systemd;
  if (process.platform === 'darwin') return (await import('./launchd/commands.ts')).launchd;
  throw new MiltonError('NO_SERVICE', `Milton knows no service manager of ${process.platform}.`, {
    hint: 'Have the one you use start this: milton start',
  });
}
