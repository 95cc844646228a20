import { setTimeout as sleep } from 'node:timers/promises';
import { filter, firstValueFrom, merge, mergeMap, type Subscription } from 'rxjs';
import { explain } from '../errors.ts';
import type { Clock, Logger } from '../services.ts';
import type { JobStore } from '../store/job-store.ts';
import type { Transport } from '../transport.ts';

/** How long the transports may take to catch up after a start, and what a connected one needs for it; ms. */
const CATCH_UP = 30_000;
const SETTLED = 3000;

/** Resolves when each transport has been connected for a moment, or after 30 s. */
export function caughtUp(transports: readonly Transport[]): Promise<void> {
  const limit = new AbortController();
  const connected = transports.map(async ({ health$, exposure }) => {
    await firstValueFrom(health$.pipe(filter((health) => health.state === 'connected')), { defaultValue: undefined });
    if (exposure !== 'local') await sleep(SETTLED, undefined, { ref: false });
  });
  const late = sleep(CATCH_UP, undefined, { ref: false, signal: limit.signal }).catch(() => {});
  return Promise.race([Promise.all(connected).then(() => {}), late]).finally(() => limit.abort());
}

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
    ),
  );
  return merge(...all$).subscribe({ error: (error) => logger.error(`health: ${explain(error)}`) });
}
