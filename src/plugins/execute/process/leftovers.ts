import type { Leftovers, Logger, ProcessRunner } from '../../../pipeline/services.ts';
import { Processes } from './processes.ts';
import { stopLeftover } from './run-cli.ts';

/** Nobody reads any more what they write; they may still clean up. In ms. */
const LIMITS = { timeout: 0, idle: 0, stopGrace: 5_000 };

/** Ends the processes of a request, agents and a repository's own commands alike: those that were noted, and all with its tag. */
export function processLeftovers(runner: ProcessRunner, logger: Logger): Leftovers {
  const processes = new Processes(runner);
  return {
    async end(run, notes) {
      for (const noted of notes.length > 0 ? notes : [undefined]) {
        await stopLeftover(processes, logger, run, noted, LIMITS);
      }
    },
  };
}
