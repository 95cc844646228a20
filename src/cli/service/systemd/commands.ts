import type { ServiceCommands } from '../service.ts';
import { install, uninstall } from './install.ts';
import { logs } from './logs.ts';
import { restartUnit, startUnit, stopUnit } from './run.ts';
import { status } from './status.ts';

/** Milton as a service of this user's systemd. */
export const systemd: ServiceCommands = {
  install,
  uninstall,
  start: startUnit,
  stop: stopUnit,
  restart: restartUnit,
  status,
  logs,
};
