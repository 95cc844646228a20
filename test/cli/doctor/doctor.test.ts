import { afterEach, beforeEach, expect, test } from 'vitest';
import { Clinic } from './clinic.ts';

let clinic: Clinic;
beforeEach(async () => {
  clinic = await Clinic.open();
});
afterEach(() => clinic[Symbol.asyncDispose]());
test('all is well', async () => {
  const { findings, code } = await clinic.look();
  console.log(
    findings.map(({ state, id, what, why, repair }) => [state, id, what, why, repair].join(' | ')).join('\n'),
  );
  expect(code).toBe(0);
});
