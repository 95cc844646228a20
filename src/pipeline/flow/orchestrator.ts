import { setTimeout as sleep } from 'node:timers/promises';
import {
  catchError,
  concatMap,
  defer,
  EMPTY,
  filter,
  finalize,
  firstValueFrom,
  fromEvent,
  ignoreElements,
  lastValueFrom,
  merge,
  mergeMap,
  type Observable,
  repeat,
  takeUntil,
  takeWhile,
} from 'rxjs';
import { explain } from '../errors.ts';
import type { Chain } from '../run/compose.ts';
import type { Desk, RunState } from '../run/run-state.ts';
import type { Clock, Logger } from '../services.ts';
import type { Claim, JobStore } from '../store/job-store.ts';
import type { Transport } from '../transport.ts';
import { Bell } from './bell.ts';
import { createIntake } from './intake.ts';
import { createSender } from './outbox.ts';
import { Permits } from './permits.ts';
import { createWork, LEASE } from './work.ts';

const LOOK_AGAIN = 5000;
const DRAIN = 20_000;
/** How long the transports may take to catch up after a start, and what a connected one needs for it; ms. */
const CATCH_UP = 30_000;
const SETTLED = 3000;

export interface OrchestratorOptions {
  readonly store: JobStore;
  readonly transports: readonly Transport[];
  readonly intake: Chain;
  readonly work: Chain;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Takes secrets and control characters out of a text before it leaves the machine. */
  clean(text: string): string;
  /** How many runs may work at once. */
  readonly concurrency: number;
}

/** Milton at work. */
export interface Running {
  /** Resolves when everything has ended after `stop`. */
  readonly finished: Promise<void>;
  /** Takes no more messages, lets runs end for `drainMs`, then gives the rest back to the queue. */
  stop(drainMs?: number): Promise<void>;
}

/** Connects transports, intake, store, work and outbox, and keeps them going until it is stopped. */
export function orchestrate(options: OrchestratorOptions): Running {
  const { store, transports, logger } = options;
  const stopping = new AbortController();
  const silenced = new AbortController();
  const stopped$ = fromEvent(stopping.signal, 'abort');
  const active = new Set<RunState>();
  const permits = new Permits(options.concurrency);
  const desk: Desk = { park: () => permits.give(), unpark: () => permits.force(), caughtUp: caughtUp(transports) };
  const work = createWork({ store, chain: options.work, logger, desk, active });
  const intake = createIntake({
    store,
    chain: options.intake,
    logger,
    async tellNow(name, notice) {
      const transport = transports.find((one) => one.name === name);
      await transport?.send(notice, { run: 'milton', key: 'store' }, AbortSignal.timeout(10_000));
    },
  });

  /** An error belongs to its message or run and never ends a stream. */
  const guarded = (task: () => Promise<void>): Observable<never> =>
    defer(task).pipe(
      ignoreElements(),
      catchError((error: unknown) => {
        logger.error(`unexpected: ${explain(error)}`, { error });
        return EMPTY;
      }),
    );

  const intake$ = merge(
    ...transports.map((transport) =>
      transport.messages$.pipe(
        takeUntil(stopped$),
        concatMap((delivery) => guarded(() => intake(delivery, stopping.signal))),
      ),
    ),
  );

  // Demand first, then a claim: claiming ahead of a free place would hoard jobs that another worker could do.
  const claims$ = defer(() => claimNext(store, permits, logger, stopping.signal)).pipe(
    repeat(),
    takeWhile((claim) => claim !== undefined),
  );
  const work$ = claims$.pipe(mergeMap((claim) => guarded(() => work(claim)).pipe(finalize(() => permits.give()))));

  const senders = transports.map((transport) =>
    createSender({ store, transport, logger, clean: options.clean }, silenced.signal),
  );
  const health = reportHealth(options);
  const flow = lastValueFrom(merge(intake$, work$), { defaultValue: undefined });
  const finished = flow.then(async () => {
    silenced.abort();
    await Promise.all(senders.map((sender) => sender.finished));
    await Promise.all(senders.map((sender) => sender.flush(AbortSignal.timeout(3000)).catch(() => {})));
    health.unsubscribe();
  });

  return {
    finished,
    async stop(drainMs = DRAIN) {
      stopping.abort();
      permits.give();
      const drained = new AbortController();
      const release = sleep(drainMs, undefined, { signal: drained.signal }).then(
        () => {
          for (const state of active) state.end('released', 'Milton is stopping.');
        },
        () => {},
      );
      await flow;
      drained.abort();
      await Promise.all([release, finished]);
    },
  };
}

/** Waits for a free place and then for a job to put there; undefined once Milton stops. */
async function claimNext(
  store: JobStore,
  permits: Permits,
  logger: Logger,
  stop: AbortSignal,
): Promise<Claim | undefined> {
  await permits.take();
  const bell = new Bell();
  const events = store.events$.pipe(filter((event) => event.type === 'queued')).subscribe(() => bell.ring());
  try {
    while (!stop.aborted) {
      const claim = await store.claim(LEASE).catch((error: unknown) => {
        logger.error(`no job could be claimed: ${explain(error)}`, { error });
        return undefined;
      });
      if (claim) return claim;
      await bell.wait(LOOK_AGAIN, stop);
    }
  } finally {
    events.unsubscribe();
  }
  permits.give();
  return undefined;
}

/** Resolves when each transport has been connected for a moment, or after 30 s. */
function caughtUp(transports: readonly Transport[]): Promise<void> {
  const limit = new AbortController();
  const connected = transports.map(async (transport) => {
    const up$ = transport.health$.pipe(filter((health) => health.state === 'connected'));
    await firstValueFrom(up$, { defaultValue: undefined });
    if (transport.exposure !== 'local') await sleep(SETTLED, undefined, { ref: false });
  });
  const late = sleep(CATCH_UP, undefined, { ref: false, signal: limit.signal }).catch(() => {});
  return Promise.race([Promise.all(connected).then(() => {}), late]).finally(() => limit.abort());
}

/** Logs each transport's state and keeps the last one where `milton status` finds it. */
function reportHealth({ transports, store, logger, clock }: OrchestratorOptions) {
  const all$ = transports.map((transport) =>
    transport.health$.pipe(
      mergeMap(async (health, index) => {
        // At the start nothing is connected yet, which is no cause for alarm.
        const log = health.state === 'connected' || index === 0 ? logger.info : logger.warn;
        log.call(logger, `${transport.name} is ${health.state}`, health);
        const at = new Date(clock.now()).toISOString();
        await store.remember(`health:${transport.name}`, { ...health, at }).catch(() => {});
      }),
    ),
  );
  return merge(...all$).subscribe({ error: (error) => logger.error(`health: ${explain(error)}`) });
}
