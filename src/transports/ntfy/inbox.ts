import {
  catchError,
  concat,
  defer,
  EMPTY,
  exhaustMap,
  filter,
  finalize,
  ignoreElements,
  merge,
  type Observable,
  retry,
  Subject,
  switchMap,
  tap,
  throwError,
  timeout,
  timer,
} from 'rxjs';
import type { Logger } from '../../pipeline/services.ts';
import type { HealthState } from '../health.ts';
import { Backoff } from './backoff.ts';
import { connect } from './connect.ts';
import type { Cursor } from './cursor.ts';
import type { CursorKeeper } from './cursor-keeper.ts';
import type { NtfyEvent } from './events.ts';
import { NtfyFailure, networkFailure } from './failure.ts';
import { OWN_TAG } from './notice-request.ts';
import type { OpenStream } from './open-stream.ts';
import { inboxTopics, type NtfyOptions } from './options.ts';

const OPEN_TIMEOUT = 15_000;
const POLL_TIMEOUT = 30_000;

interface InboxParts {
  readonly openStream: OpenStream;
  readonly options: NtfyOptions;
  readonly cursor: Cursor;
  readonly keeper: CursorKeeper;
  readonly health: HealthState;
  readonly logger: Logger;
}

/** The messages of all inbox topics, each once; connects when subscribed, and again for ever whatever happens. */
export function inbox({ openStream, options, cursor, keeper, health, logger }: InboxParts): Observable<NtfyEvent> {
  const { idleTimeout, reconcileDelay, reconcileInterval } = options;
  const path = `${inboxTopics(options).join(',')}/json`;
  const silent = (ms: number) => () =>
    throwError(() => new NtfyFailure(`the server was silent for ${Math.round(ms / 1000)} s`));

  return defer(() => {
    const backoff = new Backoff(options.backoffMax * 1000);
    const opened$ = new Subject<number>();

    const open = ({ time }: NtfyEvent) => {
      backoff.opened();
      health.connected();
      logger.info('listening', { topics: path });
      opened$.next(cursor.opened(time));
      keeper.changed();
    };
    const wait = (error: unknown) => {
      const failure = networkFailure(error);
      const ms = backoff.next(failure);
      // The core tells of every change of health; this is for those who look closer.
      health.lost(failure.message);
      logger.debug(`not listening: ${failure.message}`, { retryInMs: Math.round(ms) });
      return timer(ms);
    };
    const stream$ = defer(() => connect(openStream, `${path}?since=${cursor.since}`, logger)).pipe(
      timeout({ first: OPEN_TIMEOUT, each: idleTimeout, with: silent(idleTimeout) }),
      tap((event) => event.event === 'open' && open(event)),
    );
    const closed$ = throwError(() => new NtfyFailure('the server closed the connection'));
    const live$ = concat(defer(() => keeper.load()).pipe(ignoreElements()), stream$, closed$).pipe(
      retry({ delay: wait }),
    );

    // While a connection is made the server may hand a message to nobody and cache it afterwards; the cache has them all.
    const reread = (connection: number) =>
      defer(() => connect(openStream, `${path}?poll=1&since=${cursor.since}`, logger)).pipe(
        timeout({ each: POLL_TIMEOUT, with: silent(POLL_TIMEOUT) }),
        tap({
          complete: () => {
            cursor.caughtUp(connection);
            keeper.changed();
          },
        }),
        catchError((error) => {
          logger.debug(`the cache was not read: ${networkFailure(error).message}`);
          return EMPTY;
        }),
      );
    const reconcile$ = opened$.pipe(
      switchMap((connection) => timer(reconcileDelay, reconcileInterval).pipe(exhaustMap(() => reread(connection)))),
    );

    cursor.restart();
    return merge(reconcile$, live$);
  }).pipe(
    filter(({ event, tags }) => event === 'message' && !tags?.includes(OWN_TAG)),
    filter(({ id, time }) => cursor.take(id, time)),
    finalize(() => {
      health.lost('not listening');
      void keeper.flush();
    }),
  );
}
