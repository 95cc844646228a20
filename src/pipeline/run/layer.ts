import type { Handler } from '../plugin.ts';
import type { Logger } from '../services.ts';
import type { AnySlot, Slots } from '../slot.ts';

/** One step of a built pipeline: its handler, its limits, and what it may read and write. */
export interface Layer {
  readonly name: string;
  /** An inline function without a name has no stable key for the journal. */
  readonly anonymous: boolean;
  readonly where: 'intake' | 'work';
  /** Milliseconds. */
  readonly timeout: number | undefined;
  readonly retries: number;
  readonly requires: readonly AnySlot[];
  /** Undefined = every slot (inline functions). */
  readonly mayRead: ReadonlySet<string> | undefined;
  readonly mayWrite: ReadonlySet<string>;
  readonly logger: Logger;
  readonly handle: Handler<Slots, Slots, Slots>;
}
