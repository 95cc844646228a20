import {
  concat,
  defer,
  filter,
  ignoreElements,
  map,
  merge,
  type Observable,
  retry,
  take,
  tap,
  throwError,
  timer,
} from 'rxjs';
import { connect } from '../server/connect.ts';
import type { NtfyEvent } from '../server/events.ts';
import { NtfyFailure, networkFailure } from '../server/failure.ts';
import { Backoff } from './backoff.ts';
import { awayNotice, refusedNotice } from './listening-notices.ts';
import type { ListeningParts } from './listening-parts.ts';
import { Renewal } from './renewal.ts';
import type { Session } from './session.ts';
import { Watchdog } from './watchdog.ts';
import { watched } from './watched.ts';

/** A clock that jumps all the time is broken: once in so many ms it is reason enough to connect at once. */
const HEED_SLEEP_EVERY = 30_000;

/** Every event of a stream that is made anew for ever, whatever happens to it. */
export function live(parts: ListeningParts, session: Session): Observable<NtfyEvent> {
  const { openStream, path, options, position, keeper, health, deafness, announcer, logger, now } = parts;
  const { connection$, renew$ } = session;
  const backoff = new Backoff(options.backoffMax * 1000);
  const watchdog = new Watchdog(options.idleTimeout);
  let heeded = Number.NEGATIVE_INFINITY;
  let hopeless = false;
  let denied = false;

  const hear = (event: NtfyEvent) => {
    const gap = position.hear(event);
    keeper.heard(event.time);
    if (event.event !== 'open') return;
    if (gap && gap.to - gap.from > options.cacheDuration) announcer.say(awayNotice(gap, options.cacheDuration));
    else announcer.retry();
    hopeless = denied = false;
    backoff.opened();
    deafness.opened();
    logger.info('listening', { topics: event.topic });
    keeper.changed();
    connection$.next(event);
  };

  /** Whether this is a reason to connect at once, whatever failed before. */
  const heed = ({ asleep }: Renewal) => {
    if (!asleep) return true;
    if (performance.now() - heeded < HEED_SLEEP_EVERY) return false;
    heeded = performance.now();
    backoff.restart();
    return true;
  };

  const lose = (failure: NtfyFailure) => {
    connection$.next(undefined);
    position.presence.lost();
    // A connection that is only replaced, because Milton does not hear over it, is no news.
    if (!(failure instanceof Renewal) || failure.asleep) health.lost(failure.message);
  };

  const tell = (failure: NtfyFailure, ms: number) => {
    // The core tells of every change of health; this is for those who look closer, and for what only a person can mend.
    const level = failure.pace === 'slow' && !hopeless ? 'error' : 'debug';
    hopeless ||= failure.pace === 'slow';
    logger[level](`not listening: ${failure.message}`, { retryInMs: Math.round(ms) });
    // With a wrong login nothing can be sent either; without the right to read there may still be the right to write.
    if (!backoff.denied || denied) return;
    denied = true;
    announcer.say(refusedNotice(now(), options));
  };

  const wait = (error: unknown) => {
    const failure = networkFailure(error);
    lose(failure);
    if (failure instanceof Renewal && heed(failure)) return timer(0);
    const ms = backoff.next(failure);
    tell(failure, ms);
    // Whoever wakes up does not wait for what was planned before.
    return merge(timer(ms), renew$.pipe(filter(heed))).pipe(take(1));
  };

  const load$ = defer(() => keeper.load()).pipe(ignoreElements());
  const stream$ = defer(() => connect(openStream, `${path}?since=${position.cursor.since}`, logger)).pipe(
    tap(() => session.look()),
    watched(watchdog),
    tap(hear),
  );
  const closed$ = throwError(() => new NtfyFailure('the server closed the connection'));
  const renewed$ = renew$.pipe(
    map((renewal) => {
      throw renewal;
    }),
  );
  return merge(renewed$, concat(load$, stream$, closed$)).pipe(retry({ delay: wait }));
}
