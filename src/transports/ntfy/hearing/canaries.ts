import { setTimeout as sleep } from 'node:timers/promises';
import { EMPTY, Observable, switchMap } from 'rxjs';
import type { Logger } from '../../../pipeline/services.ts';
import { Renewal } from '../listen/renewal.ts';
import type { Session } from '../listen/session.ts';
import type { Canary } from './canary.ts';
import type { Deafness } from './deafness.ts';
import type { Hearing } from './hearing.ts';

const LONGEST_SLEEP = 3_600_000;

interface CanariesParts {
  readonly canary: Canary;
  readonly hearing: Hearing;
  readonly deafness: Deafness;
  readonly logger: Logger;
}

/** Tests the hearing whenever that is due and a connection stands; emits nothing. */
export function canaries({ canary, hearing, deafness, logger }: CanariesParts, session: Session): Observable<never> {
  let off = false;

  const test = async (signal: AbortSignal) => {
    while (!off) {
      for (let left = hearing.dueIn; left > 0; left = hearing.dueIn) {
        await sleep(Math.min(left, LONGEST_SLEEP), undefined, { signal });
      }
      const result = await canary.sing(signal).catch((error) => {
        // Its connection is lost: the next one need not begin with a test.
        hearing.skip();
        throw error;
      });
      // A machine that slept meanwhile heard nothing, of course.
      session.look();
      signal.throwIfAborted();
      if (result === 'heard') deafness.heard();
      else if (result !== 'missed') hearing.skip();
      off = result === 'refused';
      if (result === 'missed') {
        deafness.missed('A message that Milton sent to itself');
        session.renew$.next(new Renewal('a message that Milton sent to itself did not arrive'));
        // That has ended the connection: the next one begins with a test, which one more here would put off.
        signal.throwIfAborted();
      }
    }
    logger.info('Milton may not write to its own inbox, and therefore does not test whether it hears.');
  };

  const testing$ = new Observable<never>(() => {
    const stop = new AbortController();
    test(stop.signal).catch((error) => {
      if (!stop.signal.aborted) logger.warn(`The hearing is not tested: ${(error as Error).message}`);
    });
    return () => stop.abort();
  });
  return session.connection$.pipe(switchMap((connection) => (connection && !off ? testing$ : EMPTY)));
}
