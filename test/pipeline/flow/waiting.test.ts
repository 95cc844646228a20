import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { queue } from '../../../src/pipeline/queue.ts';
import { Clock } from '../../../src/pipeline/services.ts';
import { bind } from '../../../src/pipeline/token.ts';
import { late } from '../../../src/plugins/late.ts';
import { type Trial, trial } from '../../../src/testing/trial.ts';

const HOUR = 3_600_000;
let t: Trial;
afterEach(() => t.stop());

test('what waited behind another message for hours is as late as that', async () => {
  let ahead = 0;
  const gate = Promise.withResolvers<void>();
  const slow = async (run: { message: { text: string } }, next: () => Promise<void>) => {
    if (run.message.text === 'first') await gate.promise;
    await next();
  };
  const clock = bind(Clock, () => ({ now: () => Date.now() + ahead }));
  t = await trial([slow, late(), queue()], { services: [clock] });
  const came = { late: { ms: 0, missed: false } };
  t.send('first', came);
  t.send('second', came);
  ahead = 5 * HOUR;
  gate.resolve();
  await vi.waitFor(() => expect(t.said.join('\n')).toContain('Sent 5 h ago: run it?'), { timeout: 15_000 });
  expect(t.said.filter((line) => line.includes('run it?'))).toHaveLength(1);
});

test('through a flood of messages the notices get out', async () => {
  const FLOOD = 300;
  const taken: number[] = [];
  t = await trial([queue()], {
    onSend: async () => {
      // As long as a request to a server that is near.
      for (let i = 0; i < 10; i++) await turn();
      taken.push(t.settled.length);
    },
  });
  for (let i = 0; i < FLOOD; i++) t.send(`message ${i}`);
  await vi.waitFor(() => expect(t.settled).toHaveLength(FLOOD), { timeout: 15_000 });
  expect(taken[0]).toBeLessThan(FLOOD / 2);
});
