import { defer, filter, finalize, ignoreElements, interval, merge, type Observable, tap } from 'rxjs';
import { canaries } from '../hearing/canaries.ts';
import { Canary } from '../hearing/canary.ts';
import { Deafness } from '../hearing/deafness.ts';
import { defaultInterval, Hearing } from '../hearing/hearing.ts';
import { inboxTopics } from '../options.ts';
import { OWN_TAG } from '../send/notice-request.ts';
import type { Publication } from '../send/publish.ts';
import type { NtfyEvent } from '../server/events.ts';
import type { ListeningParts } from './listening-parts.ts';
import { live } from './live.ts';
import { readCache } from './read-cache.ts';
import { reconcile } from './reconcile.ts';
import { Renewal } from './renewal.ts';
import { Session } from './session.ts';
import { LOOK_EVERY, SleepWatch } from './sleep-watch.ts';

/** Seconds after which a message that came over no stream is not merely on its way; the server looks for due ones every 10 s. */
const OVERDUE = 20;

/** So many readings of the cache that failed in a row are no hiccup. */
const FAILURES_TOLD = 5;

export interface InboxParts extends Omit<ListeningParts, 'deafness' | 'path'> {
  /** Sends a canary. */
  say(publication: Publication, signal: AbortSignal): Promise<unknown>;
}

/** The messages of all inbox topics, each once; connects when subscribed, and again for ever whatever happens. */
export function inbox(parts: InboxParts): Observable<NtfyEvent> {
  const { options, position, keeper, health, logger, now } = parts;
  const { cursor, clock, presence, inboxes } = position;
  const path = `${inboxTopics(options).join(',')}/json`;

  return defer(() => {
    const session = new Session(new SleepWatch(now), () => clock.forget());
    const canaryInterval = options.canaryInterval ?? defaultInterval(options.dailyMessages);
    const hearing = new Hearing(canaryInterval || Number.POSITIVE_INFINITY);
    const deafness = new Deafness({ ...parts, hearing });
    const canary = new Canary(options, parts.say);

    /** When the connection that stands began, in seconds of the server's clock. */
    const opened = () => session.connection$.value?.time ?? Number.POSITIVE_INFINITY;
    const takeOnce = filter<NtfyEvent>(({ id, topic, time }) => {
      if (!inboxes.concerns(topic, time)) return false;
      const taken = cursor.take(id, time);
      // An older one pulls the mark back, which a restart must know.
      if (taken) keeper.changed();
      return taken;
    });

    const streamed$ = live({ ...parts, path, deafness }, session).pipe(
      tap((event) => {
        if (!canary.isSong(event) && !(isRequest(event) && event.time > opened())) return;
        canary.heard();
        deafness.heard();
      }),
      filter(isRequest),
      takeOnce,
    );

    const polled$ = reconcile({
      opened$: session.connection$.pipe(filter((open) => open !== undefined)),
      read: () => readCache({ ...parts, path }, session),
      failed: (times, { message }) => {
        if (times !== FAILURES_TOLD || !session.connection$.value) return;
        logger.warn(
          `the cache of the server cannot be read, so that what the connection loses is not found: ${message}`,
        );
      },
      delay: options.reconcileDelay,
      interval: options.reconcileInterval,
    }).pipe(
      filter(isRequest),
      takeOnce,
      tap(({ time }) => {
        if (!cursor.remembers(time)) return;
        if (time <= opened() + OVERDUE || time > (clock.now ?? 0) - OVERDUE) return;
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
