import { setTimeout as sleep } from 'node:timers/promises';
import { MiltonError } from '../errors.ts';
import type { RunState } from './run-state.ts';

/** Whether an error says that the store could not write now (a full disk, say), so that a later try may succeed. */
export function isStoreOut(error: unknown): boolean {
  return error instanceof MiltonError && error.code.startsWith('STORE');
}

/** Writes what must not be lost: while the store is out it tries again every few seconds, until the run is given up. */
export async function persist(state: RunState, write: () => Promise<void>, pause = 2000): Promise<void> {
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (!isStoreOut(error) || state.fate === 'released' || state.fate === 'lost') throw error;
      await sleep(pause);
    }
  }
}
