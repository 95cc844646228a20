import { setTimeout as sleep } from 'node:timers/promises';
import { explain } from '../errors.ts';
import type { Delivery, Message, Notice } from '../message.ts';
import { type Chain, culpritOf } from '../run/compose.ts';
import { isStoreOut } from '../run/persist.ts';
import { newRunId } from '../run/run-id.ts';
import { RunState } from '../run/run-state.ts';
import type { Logger } from '../services.ts';
import type { Acceptance, JobStore } from '../store/job-store.ts';

export interface IntakeOptions {
  readonly store: JobStore;
  readonly chain: Chain;
  readonly logger: Logger;
  /** Tells the person at once, past the outbox: for when the store itself is out. */
  tellNow(transport: string, notice: Notice): Promise<void>;
  /** Milliseconds between two tries to write while the store is out. */
  readonly pause?: number;
}

/** Runs the steps above `queue()` on one delivery, commits all they staged at once, and settles the delivery. */
export type Intake = (delivery: Delivery, stop: AbortSignal) => Promise<void>;

export function createIntake({ store, chain, logger, tellNow, pause = 5000 }: IntakeOptions): Intake {
  return async ({ message, settle }, stop) => {
    const acceptance = await process(message);
    if (await commit(acceptance, stop)) settle();
  };

  async function process(message: Message): Promise<Acceptance> {
    const state = new RunState({ id: await freshId(), message, store });
    let error: unknown;
    try {
      await chain(state);
    } catch (caught) {
      error = caught ?? new Error('a step threw nothing');
    }
    const seen = [...new Set([...state.seen, message.id])];
    const common = { run: state.id, message, seen };
    if (error !== undefined) {
      logger.error(explain(error), { run: state.id, step: culpritOf(error), message: message.id, error });
      const notice: Notice = {
        title: '❌ not accepted',
        body: `${explain(error)} Nothing was run.`,
        kind: 'reply',
        priority: 4,
      };
      return { ...common, effects: [], notices: [{ key: 'error', notice }] };
    }
    const acceptance = { ...common, effects: state.effects, notices: state.takeNotices() };
    if (!state.queued) return acceptance;
    const job = {
      id: state.id,
      lane: state.lane,
      slots: state.encoded,
      acknowledge: (ahead: number) => acknowledge(state, ahead),
    };
    return { ...acceptance, job };
  }

  /** Keeps trying while the store is out: what is not stored is neither acknowledged nor settled. */
  async function commit(acceptance: Acceptance, stop: AbortSignal): Promise<boolean> {
    for (let tries = 0; ; tries++) {
      try {
        const outcome = await store.accept(acceptance);
        if (outcome === 'duplicate') logger.info('duplicate dropped', { message: acceptance.message.id });
        return true;
      } catch (error) {
        logger.error(explain(error), { message: acceptance.message.id, error });
        if (!isStoreOut(error)) return false;
        if (tries === 0) await tellNow(acceptance.message.transport, storeOut(error)).catch(() => {});
        await sleep(pause, undefined, { signal: stop }).catch(() => {});
        if (stop.aborted) return false;
      }
    }
  }

  async function freshId(): Promise<string> {
    for (;;) {
      const id = newRunId();
      if ((await store.get(id).catch(() => undefined)) === undefined) return id;
    }
  }
}

function acknowledge(state: RunState, ahead: number): Notice {
  const place = ahead === 0 ? 'It starts now.' : `${ahead} before it.`;
  const title = ahead === 0 ? `👂 [${state.id}] got it` : `👂 [${state.id}] queued`;
  return { title, body: `${shorten(state.message.text)}\n${place}`, kind: 'reply', priority: 2 };
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}

function storeOut(error: unknown): Notice {
  const body = `${explain(error)} Your message waits; Milton tries again every few seconds.`;
  return { title: '⚠️ Milton cannot store messages', body, kind: 'reply', priority: 4 };
}
