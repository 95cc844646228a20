import { setTimeout as sleep } from 'node:timers/promises';
import { explain, final, isFinal, MiltonError } from '../errors.ts';
import type { Json } from '../json.ts';
import type { Policy, StepContext } from '../plugin.ts';
import type { JournalEntry } from '../store/job-store.ts';
import { persist } from './persist.ts';
import { goneMessage, type RunState } from './run-state.ts';

type Work = (context: StepContext) => Promise<unknown>;

/** What `run.step` is told by the step that calls it. */
export interface Call {
  readonly key: string;
  readonly signal: AbortSignal;
  /** Called when work that may not be repeated is about to begin. */
  begin(): void;
  /** Whether the calling step is over (it was abandoned after a timeout). */
  over(): boolean;
}

/** Does work whose result survives a crash: returns the journaled result where there is one, else works and journals it. */
export async function journaled(state: RunState, call: Call, work: Work, policy: Policy<unknown>): Promise<unknown> {
  const known = state.journal.get(call.key);
  state.unreached.delete(call.key);
  if (known?.state === 'done') return parse(known.value);
  if (known?.state === 'failed') throw final(revive(known.value));
  if (known?.state === 'begun') return recovered(state, call, known, policy);
  return policy.atMostOnce ? once(state, call, work) : repeatable(state, call, work, policy.retry ?? 0);
}

async function repeatable(state: RunState, call: Call, work: Work, retries: number): Promise<unknown> {
  const context: StepContext = { signal: call.signal, note: async () => {} };
  for (let tries = 0; ; tries++) {
    try {
      call.signal.throwIfAborted();
      return await keep(state, entry(call.key), await work(context));
    } catch (error) {
      if (tries >= retries || call.signal.aborted || state.fate !== undefined || isFinal(error)) throw error;
      await sleep(Math.min(100 * 2 ** tries, 5000), undefined, { signal: call.signal });
    }
  }
}

async function once(state: RunState, call: Call, work: Work): Promise<unknown> {
  if (state.unreached.size > 0) {
    const [key] = state.unreached;
    throw state.end('interrupted', goneMessage(key!));
  }
  call.signal.throwIfAborted();
  call.begin();
  let begun = entry(call.key, { atMostOnce: true });
  await persist(state, () => save(state, begun), call.signal);
  const context: StepContext = {
    signal: call.signal,
    note: async (value) => {
      begun = { ...begun, note: JSON.stringify(value) };
      await persist(state, () => save(state, begun), call.signal);
    },
  };
  let value: unknown;
  try {
    value = await work(context);
  } catch (error) {
    // A fate leaves the mark as it is: what was begun is then recovered or reported by whoever claims the run next.
    if (state.fate === undefined && !call.over()) {
      await persist(state, () => save(state, { ...begun, state: 'failed', value: describe(error) }));
    }
    throw final(error instanceof Error ? error : new Error(String(error)));
  }
  return keep(state, begun, value);
}

async function recovered(state: RunState, call: Call, known: JournalEntry, policy: Policy<unknown>): Promise<unknown> {
  call.begin();
  if (!policy.atMostOnce || !policy.recover) {
    const why = 'Milton was stopped in the middle of it, and it may not be done twice.';
    throw state.end(state.cancelPending ? 'cancelled' : 'interrupted', why);
  }
  const noted = known.note === null ? undefined : (JSON.parse(known.note) as Json);
  const value = await policy.recover(noted).catch((error: unknown) => {
    throw state.end(state.cancelPending ? 'cancelled' : 'interrupted', explain(error));
  });
  const kept = await keep(state, known, value);
  if (state.cancelPending) throw state.end('cancelled');
  return kept;
}

/** Journals a result; the work is done by now, so a store that is out for a while is waited for. */
async function keep(state: RunState, begun: JournalEntry, result: unknown): Promise<unknown> {
  const value = JSON.stringify(result) ?? null;
  await persist(state, () => save(state, { ...begun, state: 'done', value }));
  return parse(value);
}

async function save(state: RunState, saved: JournalEntry): Promise<void> {
  const kept = await state.withNotices((notices) => state.store.checkpoint(state.claim!, saved, notices));
  if (!kept) throw state.end('lost');
  state.journal.set(saved.key, saved);
}

const entry = (key: string, more: Partial<JournalEntry> = {}): JournalEntry => ({
  key,
  atMostOnce: false,
  state: 'begun',
  value: null,
  note: null,
  ...more,
});

const parse = (value: string | null): unknown => (value === null ? undefined : JSON.parse(value));

function describe(error: unknown): string {
  const { code, hint } = error instanceof MiltonError ? error : { code: 'STEP_FAILED', hint: undefined };
  return JSON.stringify({ code, hint, message: error instanceof Error ? error.message : String(error) });
}

function revive(value: string | null): MiltonError {
  const { code, hint, message } = JSON.parse(value ?? '{}') as { code?: string; hint?: string; message?: string };
  return new MiltonError(code ?? 'STEP_FAILED', message ?? 'It failed before Milton was restarted.', { hint });
}
