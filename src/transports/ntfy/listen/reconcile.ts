import { Observable, type Subscription } from 'rxjs';
import type { NtfyEvent } from '../server/events.ts';
import { type NtfyFailure, networkFailure } from '../server/failure.ts';
import { Backoff } from './backoff.ts';

const LONGEST_TIMER = 2 ** 31 - 1;

interface ReconcileParts {
  /** A connection stands. */
  readonly opened$: Observable<unknown>;
  /** Reads the server's cache to its end. */
  readonly read: () => Observable<NtfyEvent>;
  /** Milliseconds from a connect to the reading that looks for what the connect lost. */
  readonly delay: number;
  /** Reading has failed so often in a row. */
  readonly failed?: (times: number, failure: NtfyFailure) => void;
  /** Milliseconds between two readings. */
  readonly interval: number;
}

/**
 * Reads the server's cache a moment after each connect and now and then, one reading at a time. It depends on no connection: where
 * none lasts longer than that moment, or none can be had, this is how messages come.
 */
export function reconcile({ opened$, read, failed, delay, interval }: ReconcileParts): Observable<NtfyEvent> {
  return new Observable((subscriber) => {
    const backoff = new Backoff(interval);
    let due = Number.POSITIVE_INFINITY;
    let notBefore = 0;
    let failure: NtfyFailure | undefined;
    let failures = 0;
    let opened = Number.NEGATIVE_INFINITY;
    let busy = false;
    let timer: NodeJS.Timeout | undefined;
    let reading: Subscription | undefined;

    const plan = (at: number) => {
      due = Math.min(due, at);
      clearTimeout(timer);
      const wait = Math.max(due, notBefore) - performance.now();
      if (!busy) timer = setTimeout(start, Math.min(Math.max(wait, 0), LONGEST_TIMER));
    };
    const start = () => {
      const began = performance.now();
      busy = true;
      // A connection made in the last moment may have lost what is not in the cache yet.
      due = Math.min(began + interval, opened + delay > began ? opened + delay : Number.POSITIVE_INFINITY);
      reading = read().subscribe({
        next: (event) => subscriber.next(event),
        error: (error) => {
          failure = networkFailure(error);
          failed?.(++failures, failure);
          notBefore = performance.now() + backoff.next(failure);
          due = notBefore;
          end();
        },
        complete: () => {
          failures = 0;
          backoff.restart();
          end();
        },
      });
    };
    const end = () => {
      busy = false;
      if (!subscriber.closed) plan(due);
    };

    plan(performance.now() + delay);
    const openings = opened$.subscribe(() => {
      // The first connection brings its own.
      if (opened === Number.NEGATIVE_INFINITY) due = Number.POSITIVE_INFINITY;
      opened = performance.now();
      // Who is let in to listen is let in to read.
      if (failure?.pace === 'denied' || failure?.pace === 'slow') notBefore = 0;
      // Not later than the first one asks for: in a storm of connections there is never a quiet moment.
      plan(opened + delay);
    });
    return () => {
      openings.unsubscribe();
      clearTimeout(timer);
      reading?.unsubscribe();
    };
  });
}
