import { defer, filter, mergeMap, type Observable, takeUntil, tap, throwError, timeout, timer } from 'rxjs';
import { connect } from '../server/connect.ts';
import type { NtfyEvent } from '../server/events.ts';
import { NtfyFailure } from '../server/failure.ts';
import type { LiveParts } from './live.ts';
import type { Session } from './session.ts';

const SILENCE_LIMIT = 30_000;
const TIME_LIMIT = 120_000;
/** Seconds by which the known time of the server may be behind, since it is cut and was under way. */
const BEHIND = 5;

type ReadCacheParts = Pick<LiveParts, 'openStream' | 'path' | 'position' | 'keeper' | 'logger'>;

/**
 * What the server's cache holds since the mark, which moves when that was read to its end. While a connection is made the server
 * may hand a message to nobody and cache it afterwards; the cache has them all. Also those that were scheduled: one that came due
 * while the server was out is published some time after its start, with a time that the mark may have passed by then.
 */
export function readCache(
  { openStream, path, position, keeper, logger }: ReadCacheParts,
  session: Session,
): Observable<NtfyEvent> {
  const { cursor, clock } = position;
  const failed = (why: string) => throwError(() => new NtfyFailure(why));
  return defer(() => {
    const start = clock.now;
    // After a sleep nobody knows how late a message is until the server has told the time.
    if (start === undefined) return failed('the time of the server is not known yet');
    const done = cursor.reading(start);
    return connect(openStream, `${path}?poll=1&scheduled=1&since=${cursor.since}`, logger, { whole: true }).pipe(
      timeout({ each: SILENCE_LIMIT, with: () => failed('the server was silent') }),
      tap({
        next: ({ event }) => {
          if (event === 'open' || event === 'keepalive') throw new NtfyFailure('it was answered with a stream');
          session.look();
          if (clock.now === undefined) throw new NtfyFailure('this machine slept');
        },
        complete: () => {
          done();
          keeper.changed();
        },
      }),
      takeUntil(timer(TIME_LIMIT).pipe(mergeMap(() => failed('the server took too long')))),
      filter(({ time }) => time <= (clock.now ?? 0) + BEHIND),
    );
  }).pipe(tap({ error: (error: Error) => logger.debug(`the cache was not read: ${error.message}`) }));
}
