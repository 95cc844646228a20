import { expect, test } from 'vitest';
import { Canary } from '../../../../src/transports/ntfy/hearing/canary.ts';
import type { Publication } from '../../../../src/transports/ntfy/send/publish.ts';

const timeouts = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
const event = (message: string) => ({ id: 'x', time: 1, event: 'message', message, tags: ['milton'] });

/** A canary whose messages are kept here. */
function begin(canaryTimeout: number, fail?: Error) {
  const said: Publication[] = [];
  const canary = new Canary({ askTopic: 'ask', canaryTimeout }, async (publication) => {
    said.push(publication);
    if (fail) throw fail;
  });
  return { said, canary };
}
const { signal: never } = new AbortController();

test('rule 20: only the message that is being waited for is heard', async () => {
  const { said, canary } = begin(20);
  expect(await canary.sing(never)).toBe('missed');
  const second = canary.sing(never);
  expect([canary.isSong(event(said[0]!.body)), canary.isSong(event(said[1]!.body))]).toEqual([false, true]);
  expect(canary.isSong({ ...event(said[1]!.body), tags: [] })).toBe(false);
  canary.heard();
  expect(await second).toBe('heard');
  expect(canary.isSong(event(said[1]!.body))).toBe(false);
});

test('rule 18: neither an answer nor a stop leaves a timer', async () => {
  const before = timeouts();
  const { canary } = begin(60_000);
  const first = canary.sing(never);
  canary.heard();
  expect(await first).toBe('heard');
  const stop = new AbortController();
  const second = canary.sing(stop.signal);
  await new Promise((resolve) => setImmediate(resolve));
  stop.abort();
  await expect(second).rejects.toThrow();
  await new Promise((resolve) => setImmediate(resolve));
  expect(timeouts()).toBeLessThanOrEqual(before);
});

test('what could not be sent says nothing', async () => {
  const { canary } = begin(10, new Error('no network'));
  for (let i = 0; i < 5; i++) expect(await canary.sing(never)).toBe('unsaid');
});
