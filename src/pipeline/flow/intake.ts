import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { explain } from '../errors.ts';
import type { Delivery, Message, Notice } from '../message.ts';
import { type Chain, culpritOf } from '../run/compose.ts';
import { endingOf } from '../run/ending.ts';
import { isStoreOut } from '../run/persist.ts';
import { newRunId } from '../run/run-id.ts';
import { RunState } from '../run/run-state.ts';
import type { Clean } from '../services/clean.ts';
import type { Clock, Logger } from '../services.ts';
import type { Acceptance, JobStore, KeyedNotice } from '../store/job-store.ts';
import { holdOf, jobOf } from './staged.ts';

/** That the store is out is told at once, and where that fails, again after so many tries, which is every minute. */
const TELL_EVERY = 12;

interface IntakeOptions {
  readonly store: JobStore;
  readonly chain: Chain;
  readonly logger: Logger;
  readonly clock: Clock;
  /** What is shown of a message is cleaned before it is cut. */
  readonly clean: Clean;
  /** Tells the person at once, past the outbox: for when the store itself is out. */
  tellNow(transport: string, notice: Notice): Promise<void>;
  /** Whether a run could begin at once. */
  hasPlace(): boolean;
  /** Milliseconds between two tries while the store is out. */
  readonly pause?: number;
}

/**
 * Runs the steps above `queue()` on one delivery, commits all they staged at once, and settles the delivery. `came` is when the
 * transport delivered it, in ms since the epoch.
 */
type Intake = (delivery: Delivery, came: number, stop: AbortSignal) => Promise<void>;

export function createIntake({
  store,
  chain,
  logger,
  clock,
  clean,
  tellNow,
  hasPlace,
  pause = 5000,
}: IntakeOptions): Intake {
  /** Transports whose person knows that the store is out. */
  const told = new Set<string>();

  /** Keeps trying while the store is out: what is not stored is neither acknowledged nor settled. */
  return async ({ message, settle }, came, stop) => {
    for (let tries = 0; !stop.aborted; tries++) {
      try {
        await take(aged(message, clock.now() - came));
        told.clear();
        settle();
        // The store writes without a pause: through a thousand messages in a row no notice would get out.
        return await turn();
      } catch (error) {
        logger.error(explain(error), { message: message.id, error });
        if (!told.has(message.transport) && tries % TELL_EVERY === 0) {
          await tellNow(message.transport, storeOut(error)).then(
            () => told.add(message.transport),
            () => {},
          );
        }
        await sleep(pause, undefined, { signal: stop }).catch(() => {});
      }
    }
  };

  /** Throws only while the store is out. */
  async function take(message: Message): Promise<void> {
    const state = new RunState({ id: await freshId(), message, store });
    try {
      const error = await chain(state).then(
        () => undefined,
        (thrown: unknown) => thrown ?? new Error('a step threw nothing'),
      );
      // Whatever its steps made of it: it has asked, and is held.
      if (state.ignored && error === undefined && !state.asked) return;
      await accept(state, error === undefined || state.asked ? acceptanceOf(state) : afterError(state, error));
    } catch (error) {
      if (isStoreOut(error)) throw error;
      await accept(state, refused(state, error));
    }
  }

  /** What was concluded before stands; what went wrong after it is told with it. */
  function afterError(state: RunState, error: unknown): Acceptance {
    if (isStoreOut(error) || !state.conclusion) throw error;
    complain(state, error);
    return { ...nothing(state), notices: [concluded(endingOf(state, error).notice)] };
  }

  function refused(state: RunState, error: unknown): Acceptance {
    complain(state, error);
    return { ...nothing(state), notices: [{ key: 'error', notice: refusal(error) }] };
  }

  function complain({ id, message }: RunState, error: unknown): void {
    logger.error(explain(error), { run: id, step: culpritOf(error), message: message.id, error });
  }

  async function accept({ message }: RunState, acceptance: Acceptance): Promise<void> {
    const outcome = await store.accept(acceptance);
    if (outcome === 'duplicate') logger.info('duplicate dropped', { message: message.id });
  }

  function acceptanceOf(state: RunState): Acceptance {
    if (state.asked) return { ...nothing(state), message: state.original, hold: holdOf(state, state.asked, clean) };
    const acceptance = { ...nothing(state), effects: state.effects, notices: state.takeNotices() };
    if (state.conclusion) {
      return { ...acceptance, notices: [...acceptance.notices, concluded(state.conclusion.notice)] };
    }
    return state.queued ? { ...acceptance, job: jobOf(state, hasPlace, clean) } : acceptance;
  }

  async function freshId(): Promise<string> {
    for (;;) {
      const id = newRunId();
      if ((await store.get(id)) === undefined) return id;
    }
  }
}

/** What had to wait here, behind others or for the store, is later by `ms` than its transport could know. */
const aged = (message: Message, ms: number): Message =>
  message.late && ms > 0 ? { ...message, late: { ...message.late, ms: message.late.ms + ms } } : message;

/** No run will tell of it: this is the last word on the message, and must arrive. */
const concluded = (notice: Notice): KeyedNotice => ({ key: 'concluded', notice: { ...notice, kind: 'final' } });

/** That the message came, and no more. */
const nothing = ({ id, message, seen }: RunState): Acceptance => ({
  run: id,
  message,
  seen: [...new Set([...seen, message.id])],
  effects: [],
  notices: [],
});

function refusal(error: unknown): Notice {
  return { title: '❌ not accepted', body: `${explain(error)} Nothing was run.`, kind: 'final', priority: 4 };
}

function storeOut(error: unknown): Notice {
  const body = `${explain(error)} Your message waits; Milton tries again every few seconds.`;
  return { title: '⚠️ Milton cannot store messages', body, kind: 'reply', priority: 4 };
}
