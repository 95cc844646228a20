import { setTimeout as sleep } from 'node:timers/promises';
import { final, isFinal, MiltonError } from '../errors.ts';
import { Attempt } from './attempt.ts';
import type { Layer } from './layer.ts';
import { misuse } from './misuse.ts';
import type { RunState } from './run-state.ts';

/** Runs a message through a chain of steps. */
export type Chain = (state: RunState) => Promise<void>;

const culprits = new WeakMap<object, string>();

/** The step an error came out of first. */
export function culpritOf(error: unknown): string | undefined {
  return typeof error === 'object' && error !== null ? culprits.get(error) : undefined;
}

/** Nests the steps, each around the rest, with their limits, retries and checks for misuse. `end` runs innermost. */
export function compose(layers: readonly Layer[], end: Chain = async () => {}): Chain {
  const dispatch = (state: RunState, index: number): Promise<void> => {
    const layer = layers[index];
    return layer === undefined ? end(state) : runLayer(state, layer, () => dispatch(state, index + 1));
  };
  return (state) => dispatch(state, 0);
}

async function runLayer(state: RunState, layer: Layer, down: () => Promise<void>): Promise<void> {
  for (const slot of layer.requires) if (!state.has(slot.name)) throw missing(layer, slot.name);
  for (let tries = 0; ; tries++) {
    const undo = layer.retries > 0 ? state.savepoint() : undefined;
    const attempt = new Attempt(state, layer, down);
    try {
      const returned = layer.handle(attempt, attempt.next);
      if (returned !== undefined) await (attempt.abandoned ? Promise.race([returned, attempt.abandoned]) : returned);
      if (attempt.nextCalled && !attempt.downstreamOver) throw await notAwaited(attempt, layer);
      const failed = attempt.misuse ?? attempt.timeout;
      if (failed) throw failed;
      attempt.commit();
      attempt.close();
      return;
    } catch (caught) {
      // A run is never settled while a part of it still works.
      if (attempt.nextCalled && !attempt.downstreamOver) await attempt.downstream?.catch(() => {});
      attempt.close();
      const error = attempt.misuse ?? attempt.timeout ?? caught;
      if (typeof error === 'object' && error !== null && !culprits.has(error)) culprits.set(error, layer.name);
      const over = state.fate !== undefined || state.abort.signal.aborted;
      if (over || attempt.nextCalled || attempt.begun || tries >= layer.retries || isFinal(error)) throw error;
      undo?.();
      await sleep(Math.min(100 * 2 ** tries, 5000), undefined, { signal: state.abort.signal });
    }
  }
}

/** Waits for what is below, then says what was forgotten. */
async function notAwaited(attempt: Attempt, layer: Layer): Promise<Error> {
  await attempt.downstream;
  return final(misuse.nextNotAwaited(layer.name));
}

function missing(layer: Layer, slot: string): Error {
  const hint = 'The pipeline was changed while this request waited: send it again.';
  const error = new MiltonError('SLOT_MISSING', `${layer.name} needs "${slot}", which this request does not have.`, {
    hint,
  });
  culprits.set(error, layer.name);
  return final(error);
}
