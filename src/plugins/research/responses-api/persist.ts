import { setTimeout as sleep } from 'node:timers/promises';
import { BrokenCircuitError, CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen } from 'cockatiel';
import pRetry from 'p-retry';
import { isTimeout, ServiceError } from './service-error.ts';

/** Failures in a row after which a service is left alone, and for how long, in ms. */
const FAILURES = 5;
const LEFT_ALONE = 300_000;
/** The longest time that a server may ask to wait, and the longest one taken without being asked, in ms. */
const MAX_RETRY_AFTER = 20_000;
const MAX_PAUSE = 8000;

/** Carries a request out, again where that helps. Rejects with the reason of the signal, unless that is only that the time is up. */
export type Persist = <T>(attempt: () => Promise<T>, signal: AbortSignal) => Promise<T>;

const isTrouble = (error: unknown): error is ServiceError => error instanceof ServiceError && error.retryable;

/**
 * Repeats what fails for a while: `maxRetries` times, with growing pauses of random length (full jitter), or as long as the server asks. A
 * service that keeps failing is not asked for some minutes, so that requests do not wait in vain.
 */
export function persistence(label: string, maxRetries: number, pause = sleep): Persist {
  // That somebody gave up the one request that was to find out does not show that the service is back.
  const counts = (error: unknown) =>
    isTrouble(error) || (breaker.state === CircuitState.HalfOpen && !(error instanceof ServiceError));
  const breaker = circuitBreaker(handleWhen(counts), {
    halfOpenAfter: LEFT_ALONE,
    breaker: new ConsecutiveBreaker(FAILURES),
  });

  const once = <T>(attempt: () => Promise<T>): Promise<T> => {
    // While one request finds out whether the service is back, the others would wait for it, and could not be stopped.
    if (breaker.state === CircuitState.HalfOpen) throw new BrokenCircuitError();
    return breaker.execute(attempt);
  };

  return async (attempt, signal) => {
    let last: ServiceError | undefined;
    const noted = async () => {
      try {
        return await once(attempt);
      } catch (error) {
        if (isTrouble(error)) last = error;
        throw error;
      }
    };
    try {
      return await pRetry(noted, {
        retries: maxRetries,
        // The pause is made below: theirs knows neither a pause that starts at nothing nor one that a server asks for.
        minTimeout: 0,
        signal,
        async shouldRetry({ error, attemptNumber }) {
          const ms = isTrouble(error) ? pauseAfter(error, attemptNumber) : undefined;
          if (ms !== undefined) await pause(ms, undefined, { signal });
          return ms !== undefined;
        },
      });
    } catch (error) {
      if (signal.aborted && !isTimeout(signal.reason)) throw signal.reason;
      // What went wrong says more than that the time was up meanwhile, or that the service is left alone from now on.
      if (last !== undefined && (signal.aborted || error instanceof BrokenCircuitError)) throw last;
      throw error instanceof BrokenCircuitError ? leftAlone(label, breaker.lastFailure) : error;
    }
  };
}

/** In ms; undefined = it is no use. */
function pauseAfter({ retryAfter = 0 }: ServiceError, failures: number): number | undefined {
  if (retryAfter > MAX_RETRY_AFTER) return undefined;
  return Math.max(retryAfter, Math.random() * Math.min(MAX_PAUSE, 500 * 2 ** (failures - 1)));
}

function leftAlone(label: string, last: unknown): ServiceError {
  const { error } = (last ?? {}) as { error?: unknown };
  const why = isTrouble(error) ? ` (${error.message.replace(/\.$/, '')})` : '';
  return new ServiceError(`${label} failed ${FAILURES} times in a row${why} and is left alone for some minutes.`);
}
