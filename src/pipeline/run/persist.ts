import { setTimeout as sleep } from 'node:timers/promises';
import { MiltonError } from '../errors.ts';
import type { RunState } from './run-state.ts';

/** Whether an error says that the store could not read or write now (a full disk, say), so that a later try may succeed. */
export function isStoreOut(error: unknown): boolean {
  return error instanceof MiltonError && error.code.startsWith('STORE');
}

/** Milliseconds between two tries while the store is out. */
const PAUSE = 2000;

/**
 * Does what needs the store, and while the store is out tries again every few seconds: an outage is not the request's fault. It
 * gives up when the run leaves this process, or when `signal` aborts; what must not be lost is written without a signal.
 */
export async function persist<T>(state: RunState, write: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (!isStoreOut(error) || state.left.aborted || state.fate === 'lost' || signal?.aborted) throw error;
      await sleep(PAUSE, undefined, signal && { signal }).catch(() => {});
    }
  }
}
