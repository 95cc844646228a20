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
import type { Logger } from '../../../pipeline/services.ts';
import type { HealthState } from '../../health.ts';
import type { Announcer } from '../announcer.ts';
import type { Deafness } from '../hearing/deafness.ts';
import type { NtfyOptions } from '../options.ts';
import type { CursorKeeper } from '../position/cursor-keeper.ts';
import type { Position } from '../position/position.ts';
import { connect } from '../server/connect.ts';
import type { NtfyEvent } from '../server/events.ts';
import { NtfyFailure, networkFailure } from '../server/failure.ts';
import type { OpenStream } from '../server/open-stream.ts';
import { Backoff } from './backoff.ts';
import { awayNotice, refusedNotice } from './listening-notices.ts';
import { Renewal } from './renewal.ts';
import type { Session } from './session.ts';
import { Watchdog } from './watchdog.ts';
import { watched } from './watched.ts';

/** A clock that jumps all the time is broken: once in so many ms it is reason enough to connect at once. */
const HEED_SLEEP_EVERY = 30_000;

/** All that listening needs. `path` is what is subscribed to; `now` the machine's clock, in ms since the epoch. */
export interface LiveParts {
  readonly openStream: OpenStream;
  readonly path: string;
  readonly options: NtfyOptions;
  readonly position: Position;
  readonly keeper: CursorKeeper;
  readonly health: HealthState;
  readonly deafness: Deafness;
  readonly announcer: Announcer;
  readonly logger: Logger;
  readonly now: () => number;
}

/** Every event of a stream that is made anew for ever, whatever happens to it. */
export function live(parts: LiveParts, session: Session): Observable<NtfyEvent> {
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

  const wait = (error: unknown) => {
    const failure = networkFailure(error);
    connection$.next(undefined);
    position.presence.lost();
    const renewal = failure instanceof Renewal ? failure : undefined;
    // A connection that is only replaced, because Milton does not hear over it, is no news.
    if (!renewal || renewal.asleep) health.lost(failure.message);
    if (renewal && heed(renewal)) return timer(0);
    const ms = backoff.next(failure);
    // The core tells of every change of health; this is for those who look closer, and for what only a person can mend.
    const level = failure.pace === 'slow' && !hopeless ? 'error' : 'debug';
    hopeless ||= failure.pace === 'slow';
    logger[level](`not listening: ${failure.message}`, { retryInMs: Math.round(ms) });
    // With a wrong login nothing can be sent either; without the right to read there may still be the right to write.
    if (backoff.denied && !denied) {
      denied = true;
      announcer.say(refusedNotice(now(), options));
    }
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
