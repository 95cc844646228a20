import { type MonoTypeOperatorFunction, Observable } from 'rxjs';
import type { NtfyEvent } from '../server/events.ts';
import { NtfyFailure } from '../server/failure.ts';
import type { Watchdog } from './watchdog.ts';

const OPEN_TIMEOUT = 15_000;

/** Ends a stream with NtfyFailure that does not say `open` within 15 s, or says nothing at all for longer than the watchdog bears. */
export function watched(watchdog: Watchdog, openTimeout = OPEN_TIMEOUT): MonoTypeOperatorFunction<NtfyEvent> {
  return (source) =>
    new Observable((subscriber) => {
      let opened = false;
      let fed = performance.now();
      let timer: NodeJS.Timeout;
      // One timer that looks again, not a new one for every event: a backlog has thousands.
      const look = () => {
        const limit = opened ? watchdog.patience : openTimeout;
        const left = fed + limit - performance.now();
        clearTimeout(timer);
        if (left > 0) {
          timer = setTimeout(look, left);
          return;
        }
        if (opened) watchdog.silent();
        const what = opened ? 'was silent' : 'did not let Milton listen';
        subscriber.error(new NtfyFailure(`the server ${what} for ${Math.round(limit / 1000)} s`));
      };
      subscriber.add(() => clearTimeout(timer));
      subscriber.add(
        source.subscribe({
          next: (event) => {
            if (opened) fed = performance.now();
            if (event.event === 'keepalive') watchdog.keepalive();
            if (event.event === 'open' && !opened) {
              opened = true;
              fed = performance.now();
              watchdog.opened();
              look();
            }
            subscriber.next(event);
          },
          error: (error) => subscriber.error(error),
          complete: () => subscriber.complete(),
        }),
      );
      if (!opened && !subscriber.closed) look();
    });
}
