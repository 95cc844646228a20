import { z } from 'zod';

const DAYS_REMEMBERED = 3;

/** How many messages were sent on a day, such as `2026-11-23`, UTC, which is when ntfy.sh counts anew. */
const dayState = z.object({ day: z.string(), sent: z.int().nonnegative() });
export type DayState = z.output<typeof dayState>;
export const dayStates = z.array(dayState);

/**
 * Counts messages by day. A machine may wake up in 1970 and have its clock set only then, so the last few days are kept: none is over
 * because the clock says so once.
 */
export class DayCount {
  /** The day that was begun first comes first. */
  readonly #sent = new Map<string, number>();

  get states(): readonly DayState[] {
    return [...this.#sent].map(([day, sent]) => ({ day, sent }));
  }

  of(day: string): number {
    return this.#sent.get(day) ?? 0;
  }

  add(day: string, sent: number): void {
    this.#sent.set(day, this.of(day) + sent);
    const [first] = this.#sent.keys();
    if (this.#sent.size > DAYS_REMEMBERED && first !== undefined) this.#sent.delete(first);
  }
}
