import { explain, MiltonError } from '../errors.ts';
import type { Json } from '../json.ts';
import type { Notice } from '../message.ts';
import { type Chain, culpritOf } from '../run/compose.ts';
import { type Ending, endingOf, stalled } from '../run/ending.ts';
import { persist } from '../run/persist.ts';
import { type Desk, RunState } from '../run/run-state.ts';
import type { Leftovers, Logger } from '../services.ts';
import type { Claim, JobStore } from '../store/job-store.ts';

/** How long a claim lasts without a sign of life, and how often one is given; ms. */
export const LEASE = 60_000;
const HEARTBEAT = 15_000;
/** A job claimed this often in a row without a new checkpoint is given up. */
const MAX_STALLED = 3;
/** How long a run may take to clean up once Milton stops, at most; ms. */
const LEAVING = 12_000;

interface WorkOptions {
  readonly store: JobStore;
  readonly chain: Chain;
  readonly logger: Logger;
  readonly desk: Desk;
  readonly leftovers: Leftovers;
  /** The runs in work until they are settled, so that a shutdown can release them. */
  readonly active: Set<RunState>;
  /** Milliseconds a run that is aborted may take to clean up; then it is given up, whatever its steps still do. */
  readonly patience: number;
}

/** Runs the steps below `queue()` on one claimed job, and settles it with exactly one final notice. */
export type Work = (claim: Claim) => Promise<void>;

export function createWork({ store, chain, logger, desk, leftovers, active, patience }: WorkOptions): Work {
  return async (claim) => {
    const state = new RunState({ id: claim.job, message: claim.message, store, claim, desk });
    active.add(state);
    const quiet = watch(state);
    try {
      if (claim.stalled > MAX_STALLED) {
        await endLeftovers(claim);
        return await settle(state, stalled(claim.job, claim.stalled));
      }
      const error = await run(state, claim);
      if (state.fate === 'lost') return logger.warn('the run is in other hands now', { run: state.id });
      if (state.fate === 'released') return await release(state, claim);
      if (error !== undefined && state.fate === undefined) {
        logger.error(explain(error), { run: state.id, step: culpritOf(error), error });
      }
      state.close();
      // Taken now: a cancel or a stop that comes while the leftovers are ended changes nothing that is over.
      const ending = endingOf(state, error);
      // The step that had begun has ended its own, if it was reached and knew how to.
      if (begunIn(claim).length > 0) await endLeftovers(claim);
      await settle(state, ending);
    } finally {
      quiet();
      active.delete(state);
      store.drop(claim);
    }
  };

  /** Runs the chain; returns what it threw. */
  async function run(state: RunState, claim: Claim): Promise<unknown> {
    const { promise: given, stop } = patienceOf(state);
    try {
      // A cancel can have come before this claim, or while Milton was down.
      await beat(state);
      // What had begun is left to its own step, which reads the result first that may have been written meanwhile.
      if (state.fate !== 'lost' && begunIn(claim).length === 0) await endLeftovers(claim);
      state.abort.signal.throwIfAborted();
      await Promise.race([chain(state), given]);
      return undefined;
    } catch (error) {
      return error ?? new Error('a step threw nothing');
    } finally {
      stop();
      state.over = true;
    }
  }

  /** Ends what still runs of the request since an earlier life: nothing else may be at work in its folder, or after its end. */
  async function endLeftovers(claim: Claim): Promise<void> {
    if (claim.attempt === 1) return;
    const notes = begunIn(claim).flatMap(({ note }) => (note === null ? [] : [JSON.parse(note) as Json]));
    await leftovers.end(claim.job, notes).catch((error: unknown) => {
      logger.error(`what is left of an earlier attempt could not be ended: ${explain(error)}`, {
        run: claim.job,
        error,
      });
    });
  }

  /** Rejects when an aborted run does not come to its end. */
  function patienceOf(state: RunState) {
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => {});
    const giveUp = () => {
      logger.error('a step ignores that its run was aborted; the run is given up', { run: state.id });
      reject(new MiltonError('ABANDONED', 'A step did not stop, and may still be at work.'));
    };
    // A run that was cancelled before Milton stops has both limits, and the first of them counts.
    const limits = [limit(state.abort.signal, patience, giveUp), limit(state.left, LEAVING, giveUp)];
    const stop = () => {
      for (const lift of limits) lift();
    };
    return { promise, stop };
  }

  /** Ends the run when it is cancelled or its lease is lost; returns how to stop watching. */
  function watch(state: RunState): () => void {
    const events = store.events$.subscribe((event) => {
      if (event.type === 'cancel' && event.job === state.id) state.cancel();
    });
    const timer = setInterval(() => void beat(state), HEARTBEAT);
    return () => {
      events.unsubscribe();
      clearInterval(timer);
    };
  }

  async function beat(state: RunState): Promise<void> {
    const health = await store.heartbeat(state.claim!, LEASE).catch(() => 'held' as const);
    if (health === 'cancelled') state.cancel();
    if (health === 'lost') state.end('lost');
  }

  /** Queues the run again, with what its steps said last, and tells the person what becomes of it. */
  async function release(state: RunState, claim: Claim): Promise<void> {
    if (!state.leftAsking) state.notice('milton', stopNotice(state));
    await store.release(claim, state.takeNotices());
    logger.info('run queued again', { run: state.id });
  }

  async function settle(state: RunState, { outcome, notice }: Ending): Promise<void> {
    const last = { key: 'final', notice };
    const settled = await persist(state, () =>
      state.withNotices((notices) => store.settle(state.claim!, outcome, [...notices, last], state.results)),
    );
    if (settled) logger.info(`run ${outcome}`, { run: state.id, attempt: state.claim?.attempt });
    else logger.warn('settled by another worker', { run: state.id });
  }
}

/** Calls a function so many milliseconds after a signal; returns how to lift that. */
function limit(signal: AbortSignal, ms: number, reached: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const start = () => {
    timer = setTimeout(reached, ms);
  };
  signal.addEventListener('abort', start, { once: true });
  return () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', start);
  };
}

/** The at-most-once work that had begun and not ended. */
const begunIn = ({ journal }: Pick<Claim, 'journal'>) => [...journal.values()].filter(({ state }) => state === 'begun');

/** What has begun and may not be repeated is looked at after the next start; all else goes on then. */
function stopNotice(state: RunState): Notice {
  const body =
    begunIn(state).length > 0
      ? 'What was at work on it has been interrupted. What came of it you hear when Milton starts again.'
      : 'It goes on when Milton starts again.';
  return { title: `⏸️ [${state.id}] Milton stops`, body, kind: 'milestone', key: `stop-${state.claim?.attempt}` };
}
