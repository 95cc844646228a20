import { expect, test } from 'vitest';
import { Clinic } from './clinic.ts';

/** What is broken in a set-up, and the one thing that the doctor must find. */
export interface Illness {
  readonly name: string;
  make(clinic: Clinic): unknown;
  readonly id: string;
  readonly state: 'warning' | 'failure';
  readonly what: RegExp;
  readonly repair: RegExp;
  readonly code: number;
}

/** Tests that each is found for what it is, with what mends it, and that all else of the set-up stays in order. */
export function diagnose(illnesses: readonly Illness[]): void {
  test.each(illnesses)('$name', async ({ make, id, state, what, repair, code }) => {
    await using clinic = await Clinic.open();
    await make(clinic);
    const found = await clinic.look();
    expect(found.wrong).toEqual([
      expect.objectContaining({
        id,
        state,
        what: expect.stringMatching(what),
        repair: expect.stringMatching(repair),
      }),
    ]);
    expect(found.code).toBe(code);
  });
}
