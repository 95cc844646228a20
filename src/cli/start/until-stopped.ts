import { constants } from 'node:os';
import type { Running } from '../../pipeline/flow/orchestrator.ts';
import type { Logger } from '../../pipeline/services.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Waits for the end of a running Milton. The first signal lets runs end, a second one ends the process at once. Resolves to
 * the exit code: 128 + the signal's number, or 0.
 */
export async function untilStopped(running: Running, logger: Logger): Promise<number> {
  let code = 0;
  const stop = (signal: (typeof SIGNALS)[number]) => {
    const number = 128 + constants.signals[signal];
    if (code !== 0) process.exit(number);
    code = number;
    logger.info(
      `${signal}: Milton stops when what it works on has come to a good place; a second signal stops it at once`,
    );
    running.stop().catch((error) => logger.error('stopping failed', { error }));
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  await running.finished;
  logger.info('Milton has stopped');
  return code;
}
