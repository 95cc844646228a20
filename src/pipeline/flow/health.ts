import { catchError, EMPTY, merge, mergeMap, type Subscription } from 'rxjs';
import { explain } from '../errors.ts';
import type { Clock, Logger } from '../services.ts';
import type { JobStore } from '../store/job-store.ts';
import type { Transport } from '../transport.ts';

interface Surroundings {
  readonly transports: readonly Transport[];
  readonly store: JobStore;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Logs each transport's state and keeps the last one where `milton status` finds it. */
export function reportHealth({ transports, store, logger, clock }: Surroundings): Subscription {
  const all$ = transports.map((transport) =>
    transport.health$.pipe(
      mergeMap(async (health, index) => {
        if (health.state === 'connected') logger.info(`${transport.name} is connected`);
        // At the start nothing is connected yet, which is no cause for alarm.
        else if (index > 0 || health.state === 'deaf')
          logger.warn(`${transport.name} is ${health.state}: ${health.why}; Milton keeps trying`);
        const at = new Date(clock.now()).toISOString();
        await store.remember(`health:${transport.name}`, { ...health, at }).catch(() => {});
      }),
      // The state of one transport says nothing of the others.
      catchError((error) => {
        logger.error(`the state of ${transport.name} is not known any more: ${explain(error)}`, { error });
        return EMPTY;
      }),
    ),
  );
  return merge(...all$).subscribe();
}
