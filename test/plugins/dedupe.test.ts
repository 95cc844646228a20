import { expect, it } from 'vitest';
import { dedupe } from '../../src/plugins/dedupe.ts';
import { startStep } from '../support/fake-intake.ts';

it('lets a message through once', async () => {
  const send = startStep(dedupe());
  expect((await send()).passedOn).toBe(true);
  expect((await send()).passedOn).toBe(false);
});
