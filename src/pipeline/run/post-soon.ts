import { explain } from '../errors.ts';
import { isStoreOut } from './persist.ts';
import type { RunState } from './run-state.ts';

const SOON = 10;
const AGAIN = 1000;
const scheduled = new WeakSet<RunState>();

/** Writes a working run's notices to the store shortly, so that several from one moment cost one commit. */
export function postSoon(state: RunState, delay = SOON): void {
  if (scheduled.has(state)) return;
  scheduled.add(state);
  setTimeout(() => {
    scheduled.delete(state);
    void post(state);
  }, delay).unref();
}

async function post(state: RunState): Promise<void> {
  const { claim, store, over } = state;
  // What is left when the run is over goes with its settling.
  if (claim === undefined || over) return;
  try {
    const posted = await state.withNotices(async (notices) => notices.length === 0 || store.post(claim, notices));
    if (!posted) state.end('lost');
  } catch (error) {
    // While the store is out the notices go with the next write.
    if (isStoreOut(error)) postSoon(state, AGAIN);
    else state.end('interrupted', explain(error));
  }
}
