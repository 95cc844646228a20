import { constants } from 'node:os';
import type { Running } from '../../pipeline/flow/orchestrator.ts';
import type { Logger } from '../../pipeline/services.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** The longest stop, in ms: whatever is stuck then is found and ended at the next start, as after a crash. */
const LONGEST = 30_000;

/**
 * Waits for the end of a running Milton. The first signal lets runs end, a second one ends the process at once, and so does
 * a stop that takes too long. Resolves to the exit code: 128 + the signal's number, or 0.
 */
export async function untilStopped(running: Running, logger: Logger, stopping = () => {}): Promise<number> {
  let code = 0;
  const stop = (signal: (typeof SIGNALS)[number]) => {
    const number = 128 + constants.signals[signal];
    if (code !== 0) process.exit(number);
    code = number;
    logger.info(
      `${signal}: Milton stops when what it works on has come to a good place; a second signal stops it at once`,
    );
    stopping();
    setTimeout(() => {
      logger.error('Milton has not come to an end in 30 seconds, and ends now');
      process.exit(number);
    }, LONGEST).unref();
    running.stop().catch((error) => logger.error('stopping failed', { error }));
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  await running.finished;
  logger.info('Milton has stopped');
  return code;
}
