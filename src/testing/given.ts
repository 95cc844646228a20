import { definePlugin, type Step } from '../pipeline/plugin.ts';
import type { AnySlot, SlotValue } from '../pipeline/slot.ts';

/** A step that fills one slot with a value: stands in for the step that would provide it. */
export function given<S extends AnySlot>(slot: S, value: SlotValue<S>): Step {
  const stand = definePlugin({
    name: `given-${slot.name}`,
    provides: [slot],
    setup: () => async (run, next) => {
      run.set(slot, value);
      await next();
    },
  });
  return stand();
}
