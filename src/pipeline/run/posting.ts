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
  const notices = state.takeNotices();
  if (notices.length === 0 || state.claim === undefined) return;
  try {
    if (!(await state.store.post(state.claim, notices))) state.end('lost');
  } catch {
    // The store is out (a full disk): the notices go with the next write, and the settling of the run takes what is left.
    state.returnNotices(notices);
    postSoon(state, AGAIN);
  }
}
