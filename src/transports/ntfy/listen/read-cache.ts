import type { IncomingMessage } from 'node:http';
import { defer, EMPTY, filter, mergeMap, type Observable, takeUntil, tap, throwError, timeout, timer } from 'rxjs';
import { JUMP } from '../position/server-clock.ts';
import { connect } from '../server/connect.ts';
import type { NtfyEvent } from '../server/events.ts';
import { NtfyFailure } from '../server/failure.ts';
import type { OpenStream } from '../server/open-stream.ts';
import type { ListeningParts } from './listening-parts.ts';
import type { Session } from './session.ts';

const SILENCE_LIMIT = 30_000;
const TIME_LIMIT = 120_000;
/** Seconds by which the known time of the server may be behind, since it is cut and was under way. */
const BEHIND = 5;

type ReadCacheParts = Pick<ListeningParts, 'openStream' | 'path' | 'position' | 'keeper' | 'logger'>;

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

  /** Looks at the time before anything is taken: nobody must take an old message for a new one. */
  const answered = ({ headers }: IncomingMessage) => {
    session.look();
    if (Number(headers.age) > 0) throw new NtfyFailure('the answer comes from the cache of a proxy');
    const time = Date.parse(headers.date ?? '') / 1000;
    const jump = Number.isNaN(time) ? 0 : clock.answered(time);
    // This machine stood still, with all its clocks.
    if (jump > JUMP) session.wake('this machine stood still, or the clock of the server was set');
    // The answer is old, or the clock was set back; where a stream stands, that is the one to say so.
    if (jump < -JUMP && !session.connection$.value) clock.forget();
    if (Math.abs(jump) > JUMP) throw new NtfyFailure('the clock of the server jumped');
    if (clock.now === undefined) throw new NtfyFailure('the time of the server is not known yet');
    if (!session.connection$.value) position.tick(Math.floor(clock.now));
    return clock.now;
  };

  const read$ = defer(() => {
    const done = cursor.reading();
    const began = performance.now();
    let start = 0;
    const open: OpenStream = async (path, signal) => {
      const response = await openStream(path, signal);
      start = answered(response) - (performance.now() - began) / 1000;
      return response;
    };
    return connect(open, `${path}?poll=1&scheduled=1&since=${cursor.since}`, logger, { whole: true }).pipe(
      timeout({ each: SILENCE_LIMIT, with: () => failed('the server was silent') }),
      tap({
        next: ({ event }) => {
          if (event === 'open' || event === 'keepalive') throw new NtfyFailure('it was answered with a stream');
          session.look();
          if (clock.now === undefined) throw new NtfyFailure('this machine slept');
        },
        complete: () => {
          done(start);
          keeper.changed();
        },
      }),
      takeUntil(timer(TIME_LIMIT).pipe(mergeMap(() => failed('the server took too long')))),
      filter(({ time }) => time <= (clock.now ?? 0) + BEHIND),
    );
  });
  return defer(() => keeper.load()).pipe(
    // Who has never listened has missed nothing.
    mergeMap(() => (cursor.state ? read$ : EMPTY)),
    tap({ error: (error: Error) => logger.debug(`the cache was not read: ${error.message}`) }),
  );
}
