import { getEventListeners, once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { TimeLimit } from '../../src/pipeline/time-limit.ts';

test('aborts with the other signal, for the same reason', () => {
  const outer = new AbortController();
  using limit = new TimeLimit(outer.signal, 60_000);
  outer.abort(new Error('stopped'));
  expect(limit.signal.reason).toMatchObject({ message: 'stopped' });
  expect(limit.over).toBe(false);
  using late = new TimeLimit(outer.signal, 60_000);
  expect(late.signal.reason).toMatchObject({ message: 'stopped' });
});

test('aborts when the time is over', async () => {
  const outer = new AbortController();
  using limit = new TimeLimit(outer.signal, 5);
  await once(limit.signal, 'abort');
  expect([limit.over, (limit.signal.reason as DOMException).name]).toEqual([true, 'TimeoutError']);
});

test('leaves neither a listener nor a timer, and does not abort afterwards', async () => {
  const outer = new AbortController();
  const signals = Array.from({ length: 20 }, () => {
    using limit = new TimeLimit(outer.signal, 5);
    return limit.signal;
  });
  expect(getEventListeners(outer.signal, 'abort')).toEqual([]);
  await sleep(30);
  outer.abort();
  expect(signals.some(({ aborted }) => aborted)).toBe(false);
});
