import type { Run } from '../../command-line/command.ts';
import { handOver } from '../hand-over.ts';
import { managerEnvironment } from './manager.ts';
import { UNIT } from './unit.ts';

/**
 * `milton service logs`: the journal, since it alone has what Milton says before it has a log, such as what is wrong with its
 * configuration, and what systemd did with it.
 */
export const logs: Run = async ({ flags }) => {
  const args = ['--user-unit', UNIT, '--lines=100', '--no-pager', '--output=short-iso'];
  const { LC_ALL: _, ...env } = managerEnvironment();
  return handOver('journalctl', [...args, ...(flags.follow ? ['--follow'] : [])], env);
};
