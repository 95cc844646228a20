import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import {
  catchError,
  concatMap,
  defer,
  EMPTY,
  filter,
  finalize,
  fromEvent,
  ignoreElements,
  lastValueFrom,
  map,
  merge,
  mergeMap,
  type Observable,
  repeat,
  retry,
  takeUntil,
  takeWhile,
  timer,
} from 'rxjs';
import { explain } from '../errors.ts';
import type { Delivery } from '../message.ts';
import type { Chain } from '../run/compose.ts';
import type { Desk, RunState } from '../run/run-state.ts';
import type { Clock, Leftovers, Logger } from '../services.ts';
import type { Claim, JobStore } from '../store/job-store.ts';
import type { Transport } from '../transport.ts';
import { Bell } from './bell.ts';
import { watchArrivals } from './caught-up.ts';
import { type Fitting, fitted } from './fitting.ts';
import { reportHealth } from './health.ts';
import { resumeHeld } from './held.ts';
import { createIntake } from './intake.ts';
import { Permits } from './permits.ts';
import { createSender } from './sender.ts';
import { createWork, LEASE } from './work.ts';

const LOOK_AGAIN = 5000;
const ACK_FIRST = 10;
/** How long runs may come to an end by themselves when Milton stops; ms. With what follows, a stop takes less than 30 s. */
const DRAIN = 14_000;
const PATIENCE = 30_000;
/** How long the notice in hand may take when Milton stops; ms. */
const LAST_NOTICE = 3000;

interface OrchestratorOptions {
  readonly store: JobStore;
  readonly transports: readonly Transport[];
  readonly intake: Chain;
  readonly work: Chain;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly leftovers: Leftovers;
  readonly fitting: Fitting;
  /** How many runs may work at once. */
  readonly concurrency: number;
  /** Milliseconds an aborted run may take to clean up; 30 s when absent. */
  readonly patience?: number;
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
  const { store, transports, logger, clock, leftovers, fitting, concurrency, patience = PATIENCE } = options;
  const { clean } = fitting;
  const [stopping, silenced, cut] = [new AbortController(), new AbortController(), new AbortController()];
  const stopped$ = fromEvent(stopping.signal, 'abort');
  const active = new Set<RunState>();
  const permits = new Permits(concurrency);
  const desk: Desk = {
    park: () => permits.give(),
    unpark: () => permits.force(),
    now: () => clock.now(),
    clean,
    caughtUp: watchArrivals(transports),
  };
  const work = createWork({ store, chain: options.work, logger, desk, leftovers, active, patience });
  const hasPlace = () => active.size < concurrency;
  const intake = createIntake({
    store,
    chain: options.intake,
    logger,
    clock,
    clean,
    hasPlace,
    async tellNow(name, notice) {
      const transport = transports.find((one) => one.name === name);
      if (!transport) return;
      const told = await fitted(notice, transport, fitting);
      await transport.send(told, { run: 'milton', key: 'store' }, AbortSignal.timeout(10_000));
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

  /** A transport promises never to fail; one that does is asked again, and the others go on. */
  const messagesOf = ({ name, messages$ }: Transport): Observable<Delivery> =>
    messages$.pipe(
      retry({
        delay: (error) => {
          logger.error(`${name} failed, and is connected again: ${explain(error)}`, { error });
          return timer(LOOK_AGAIN);
        },
      }),
      takeUntil(stopped$),
    );
  const intake$ = merge(
    ...transports.map((transport) =>
      messagesOf(transport).pipe(
        map((delivery) => ({ delivery, came: clock.now() })),
        concatMap(({ delivery, came }) => guarded(() => intake(delivery, came, stopping.signal))),
      ),
    ),
  );

  // Demand first, then a claim: claiming ahead of a free place would hoard jobs that another worker could do.
  const claims$ = defer(() => claimNext(store, permits, logger, stopping.signal)).pipe(
    repeat(),
    takeWhile((claim) => claim !== undefined),
  );
  const work$ = claims$.pipe(mergeMap((claim) => guarded(() => work(claim)).pipe(finalize(() => permits.give()))));

  const held$ = guarded(() =>
    resumeHeld({
      store,
      chain: options.intake,
      logger,
      clock,
      caughtUp: desk.caughtUp,
      clean,
      hasPlace,
      stop: stopping.signal,
    }),
  );

  const senders = transports.map((transport) =>
    createSender({ store, transport, logger, clock, fitting, stop: silenced.signal, cut: cut.signal }),
  );
  const health = reportHealth(options);
  const flow = lastValueFrom(merge(intake$, held$, work$), { defaultValue: undefined });
  const finished = flow.then(async () => {
    silenced.abort();
    const late = setTimeout(() => cut.abort(), LAST_NOTICE);
    await Promise.all(senders.map((sender) => sender.finished));
    await Promise.all(senders.map((sender) => sender.flush().catch(() => {})));
    clearTimeout(late);
    health.unsubscribe();
  });

  return {
    finished,
    async stop(drainMs = DRAIN) {
      stopping.abort();
      permits.give();
      for (const state of active) if (state.asking > 0) state.leave();
      const drained = new AbortController();
      const leave = sleep(drainMs, undefined, { signal: drained.signal }).then(
        () => {
          for (const state of active) state.leave();
        },
        () => {},
      );
      await flow;
      drained.abort();
      await Promise.all([leave, finished]);
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
  // The store writes without a pause: through a thousand jobs in a row no notice would get out.
  await turn();
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
      // The acknowledgement goes out first: the commits of a run that begins would hold it up by milliseconds.
      await sleep(ACK_FIRST);
    }
  } finally {
    events.unsubscribe();
  }
  permits.give();
  return undefined;
}
