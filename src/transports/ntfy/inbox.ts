import {
  defer,
  filter,
  finalize,
  ignoreElements,
  interval,
  merge,
  type Observable,
  tap,
  throwError,
  timeout,
} from 'rxjs';
import { canaries } from './canaries.ts';
import { Canary } from './canary.ts';
import { connect } from './connect.ts';
import { Deafness } from './deafness.ts';
import type { NtfyEvent } from './events.ts';
import { NtfyFailure } from './failure.ts';
import { defaultInterval, Hearing } from './hearing.ts';
import { type LiveParts, live } from './live.ts';
import { OWN_TAG } from './notice-request.ts';
import { inboxTopics } from './options.ts';
import type { Publication } from './publish.ts';
import { reconcile } from './reconcile.ts';
import { Renewal } from './renewal.ts';
import { Session } from './session.ts';
import { LOOK_EVERY, SleepWatch } from './sleep-watch.ts';

const POLL_TIMEOUT = 30_000;
/** Seconds after which a message that came over no stream is not merely on its way. */
const OVERDUE = 10;

export interface InboxParts extends Omit<LiveParts, 'deafness' | 'path'> {
  /** Sends a canary. */
  say(publication: Publication, signal: AbortSignal): Promise<unknown>;
}

/** The messages of all inbox topics, each once; connects when subscribed, and again for ever whatever happens. */
export function inbox(parts: InboxParts): Observable<NtfyEvent> {
  const { openStream, options, position, keeper, health, logger, now } = parts;
  const { cursor, clock, presence } = position;
  const path = `${inboxTopics(options).join(',')}/json`;

  return defer(() => {
    const session = new Session(new SleepWatch(now), () => clock.forget());
    const canaryInterval = options.canaryInterval ?? defaultInterval(options.dailyMessages);
    const hearing = new Hearing(canaryInterval || Number.POSITIVE_INFINITY);
    const deafness = new Deafness({ ...parts, hearing });
    const canary = new Canary(options, parts.say);

    const proves = ({ event, time, tags }: NtfyEvent) => {
      const opened = session.connection$.value?.time ?? Number.POSITIVE_INFINITY;
      return event === 'message' && time > opened && !tags?.includes(OWN_TAG);
    };
    const streamed$ = live({ ...parts, path, deafness }, session).pipe(
      tap((event) => {
        if (!canary.isSong(event) && !proves(event)) return;
        canary.heard();
        deafness.heard();
      }),
      filter(isRequest),
      filter(({ id, time }) => cursor.take(id, time)),
    );

    // While a connection is made the server may hand a message to nobody and cache it afterwards; the cache has them all.
    const read = () =>
      defer(() => {
        const start = clock.now;
        // After a sleep nobody knows how late a message is until the server has told the time.
        const unknown = () => throwError(() => new NtfyFailure('the time of the server is not known yet'));
        if (start === undefined) return unknown();
        const done = cursor.reading(start);
        return connect(openStream, `${path}?poll=1&since=${cursor.since}`, logger).pipe(
          timeout({ each: POLL_TIMEOUT, with: () => throwError(() => new NtfyFailure('the server was silent')) }),
          tap({
            next: () => {
              session.look();
              if (clock.now === undefined) throw new NtfyFailure('this machine slept');
            },
            complete: () => {
              done();
              keeper.changed();
            },
          }),
        );
      }).pipe(tap({ error: (error: Error) => logger.debug(`the cache was not read: ${error.message}`) }));
    const polled$ = reconcile({
      opened$: session.connection$.pipe(filter((open) => open !== undefined)),
      read,
      delay: options.reconcileDelay,
      interval: options.reconcileInterval,
    }).pipe(
      filter(isRequest),
      filter(({ id, time }) => cursor.take(id, time)),
      tap(({ time }) => {
        const opened = session.connection$.value?.time ?? Number.POSITIVE_INFINITY;
        if (time <= opened + OVERDUE || time > (clock.now ?? 0) - OVERDUE) return;
        deafness.missed('A message that the server has');
        session.renew$.next(new Renewal('a message that the server has did not arrive'));
      }),
    );

    const looks$ = interval(LOOK_EVERY).pipe(
      tap(() => session.look()),
      ignoreElements(),
    );
    const tests$ = canaryInterval > 0 ? [canaries({ canary, hearing, deafness, logger }, session)] : [];

    cursor.restart();
    return merge(polled$, looks$, ...tests$, streamed$);
  }).pipe(
    finalize(() => {
      presence.lost();
      health.lost('not listening');
      void keeper.flush();
    }),
  );
}

const isRequest = ({ event, tags }: NtfyEvent) => event === 'message' && !tags?.includes(OWN_TAG);
