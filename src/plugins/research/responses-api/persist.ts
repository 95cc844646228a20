import { setTimeout as sleep } from 'node:timers/promises';
import { BrokenCircuitError, CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen } from 'cockatiel';
import pRetry from 'p-retry';
import { ServiceError } from './service-error.ts';

/** Failures in a row after which a service is left alone, and for how long, in ms. */
const FAILURES = 5;
const LEFT_ALONE = 300_000;
/** The longest time that a server may ask to wait, and the longest one taken without being asked, in ms. */
const MAX_RETRY_AFTER = 20_000;
const MAX_PAUSE = 8000;

/** Carries a request out, again where that helps. */
export type Persist = <T>(attempt: () => Promise<T>, signal: AbortSignal) => Promise<T>;

/**
 * Repeats what fails for a while: `maxRetries` times, with growing pauses of random length (full jitter), or as long as the server asks. A
 * service that keeps failing is not asked for some minutes, so that requests do not wait in vain.
 */
export function persistence(label: string, maxRetries: number, pause = sleep): Persist {
  const isTrouble = (error: unknown) => error instanceof ServiceError && error.retryable;
  const breaker = circuitBreaker(handleWhen(isTrouble), {
    halfOpenAfter: LEFT_ALONE,
    breaker: new ConsecutiveBreaker(FAILURES),
  });

  const once = <T>(attempt: () => Promise<T>): Promise<T> => {
    // While one request finds out whether the service is back, the others would wait for it, and could not be stopped.
    if (breaker.state === CircuitState.HalfOpen) throw new BrokenCircuitError();
    return breaker.execute(attempt);
  };

  return async (attempt, signal) => {
    let last: unknown;
    try {
      return await pRetry(() => once(attempt), {
        retries: maxRetries,
        // The pause is made below: theirs knows neither a pause that starts at nothing nor one that a server asks for.
        minTimeout: 0,
        signal,
        async shouldRetry({ error, attemptNumber }) {
          if (!isTrouble(error)) return false;
          last = error;
          const ms = pauseAfter(error as ServiceError, attemptNumber);
          if (ms !== undefined) await pause(ms, undefined, { signal });
          return ms !== undefined;
        },
      });
    } catch (error) {
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
  const why = error instanceof Error ? ` (${error.message.replace(/\.$/, '')})` : '';
  return new ServiceError(`${label} failed ${FAILURES} times in a row${why} and is left alone for some minutes.`);
}
