import { setTimeout as sleep } from 'node:timers/promises';

interface RetryOptions {
  /** Ends the waiting; the last error is then the result. */
  readonly signal: AbortSignal;
  /** Milliseconds to wait after this failure before the next try (`failures` counts from 1); undefined = give up. */
  pause(error: unknown, failures: number): number | undefined;
}

/** Repeats a piece of work until it succeeds or `pause` gives it up. */
export async function retry<T>(work: () => Promise<T>, { signal, pause }: RetryOptions): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await work();
    } catch (error) {
      const wait = signal.aborted ? undefined : pause(error, failures);
      if (wait === undefined) throw error;
      await sleep(wait, undefined, { signal }).catch(() => {
        throw error;
      });
    }
  }
}

/** Exponential backoff with full jitter: anything up to 0.5 s, 1 s, 2 s, 4 s, then 8 s (milliseconds). */
export function backoff(failures: number): number {
  return Math.random() * Math.min(8000, 500 * 2 ** (failures - 1));
}
