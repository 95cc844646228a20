import type { Json } from '../json.ts';
import { type AnySlot, decodeSlot, encodeSlot } from '../slot.ts';
import { misuse } from './misuse.ts';
import type { RunState } from './run-state.ts';

/** The slots that a step has filled and the run does not have yet. */
export class StagedSlots {
  readonly #step: string;
  #values: Map<string, { value: unknown; encoded: Json }> | undefined;

  constructor(step: string) {
    this.#step = step;
  }

  has(slot: AnySlot): boolean {
    return this.#values?.has(slot.name) ?? false;
  }

  /** The value of a slot that is here. */
  read(slot: AnySlot): unknown {
    return this.#values?.get(slot.name)?.value;
  }

  /** Throws where the slot's schema refuses the value. */
  fill(slot: AnySlot, value: unknown): void {
    let encoded: Json;
    try {
      encoded = encodeSlot(slot, value);
    } catch (cause) {
      throw misuse.badValue(this.#step, slot.name, cause);
    }
    // Decoded at once: readers see now what they would see after a crash.
    this.#values ??= new Map();
    this.#values.set(slot.name, { value: decodeSlot(slot, encoded), encoded });
  }

  /** Hands them over to the run. */
  moveTo(state: RunState): void {
    if (this.#values === undefined) return;
    for (const [name, { value, encoded }] of this.#values) state.write(name, value, encoded);
    this.#values = undefined;
  }
}
