import { explain } from '../errors.ts';
import { type Chain, culpritOf } from '../run/compose.ts';
import { type Ending, endingOf, stalled } from '../run/ending.ts';
import { persist } from '../run/persist.ts';
import { type Desk, RunState } from '../run/run-state.ts';
import type { Logger } from '../services.ts';
import type { Claim, JobStore, KeyedNotice } from '../store/job-store.ts';

/** How long a claim lasts without a sign of life, and how often one is given; ms. */
export const LEASE = 60_000;
const HEARTBEAT = 15_000;
/** A job claimed this often in a row without a new checkpoint is given up. */
const MAX_STALLED = 3;

export interface WorkOptions {
  readonly store: JobStore;
  readonly chain: Chain;
  readonly logger: Logger;
  readonly desk: Desk;
  /** The runs in work, so that a shutdown can release them. */
  readonly active: Set<RunState>;
}

/** Runs the steps below `queue()` on one claimed job, and settles it with exactly one final notice. */
export type Work = (claim: Claim) => Promise<void>;

export function createWork({ store, chain, logger, desk, active }: WorkOptions): Work {
  return async (claim) => {
    const state = new RunState({ id: claim.job, message: claim.message, store, claim, desk });
    if (claim.stalled > MAX_STALLED) return settle(state, stalled(claim.job, claim.stalled));
    const quiet = watch(state);
    active.add(state);
    let error: unknown;
    try {
      // A cancel can have come before this claim, or while Milton was down.
      await beat(state);
      state.abort.signal.throwIfAborted();
      await chain(state);
    } catch (caught) {
      error = caught ?? new Error('a step threw nothing');
    } finally {
      quiet();
      active.delete(state);
    }
    if (state.fate === 'lost') return logger.warn('the run is in other hands now', { run: state.id });
    if (state.fate === 'released') return store.release(claim);
    if (error !== undefined && state.fate === undefined) {
      logger.error(explain(error), { run: state.id, step: culpritOf(error), error });
    }
    await settle(state, endingOf(state, error));
  };

  /** Ends the run when it is cancelled or its lease is lost; returns how to stop watching. */
  function watch(state: RunState): () => void {
    const events = store.events$.subscribe((event) => {
      if (event.type === 'cancel' && event.job === state.id) state.end('cancelled');
    });
    const timer = setInterval(() => void beat(state), HEARTBEAT);
    return () => {
      events.unsubscribe();
      clearInterval(timer);
    };
  }

  async function beat(state: RunState): Promise<void> {
    const health = await store.heartbeat(state.claim!, LEASE).catch(() => 'held' as const);
    if (health !== 'held') state.end(health);
  }

  async function settle(state: RunState, { outcome, notice }: Ending): Promise<void> {
    await persist(state, async () => {
      const notices: KeyedNotice[] = state.takeNotices();
      try {
        const settled = await store.settle(state.claim!, outcome, [...notices, { key: 'final', notice }]);
        if (!settled) logger.warn('settled by another worker', { run: state.id });
      } catch (error) {
        state.returnNotices(notices);
        throw error;
      }
    });
    logger.info(`run ${outcome}`, { run: state.id, attempt: state.claim?.attempt });
  }
}
