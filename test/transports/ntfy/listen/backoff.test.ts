import { expect, test } from 'vitest';
import { Backoff } from '../../../../src/transports/ntfy/listen/backoff.ts';
import { NtfyFailure, type Pace } from '../../../../src/transports/ntfy/server/failure.ts';
import fc from '../../../support/property.ts';

const fail = (pace: Pace, retryAfter?: number) => new NtfyFailure('x', { pace, retryAfter });
const minutes = (ms: number) => ms / 60_000;

test('rule 6: grows with full jitter to its limit', () => {
  const highest = new Backoff(300_000, () => 1);
  expect(Array.from({ length: 10 }, () => highest.next(fail('soon')) / 1000)).toEqual([
    1, 2, 4, 8, 16, 32, 64, 128, 256, 300,
  ]);
  const lowest = new Backoff(300_000, () => 0);
  expect([lowest.next(fail('soon')), lowest.next(fail('soon'))]).toEqual([0, 0]);
});

test('rule 6: starts over after a minute that went well, not after the mere opening', () => {
  let now = 0;
  const backoff = new Backoff(
    60_000,
    () => 1,
    () => now,
  );
  const cycle = (upFor: number) => {
    backoff.opened();
    now += upFor;
    return backoff.next(fail('soon'));
  };
  expect([cycle(10), cycle(10), cycle(59_999), cycle(60_000), cycle(10)]).toEqual([1000, 2000, 4000, 1000, 2000]);
});

test('rule 15: three quick tries after 403, then one a minute or fewer; 401 is slow at once', () => {
  const denied = new Backoff(300_000, () => 1);
  const waits = Array.from({ length: 9 }, () => denied.next(fail('denied')));
  expect(Math.max(...waits.slice(0, 3))).toBeLessThanOrEqual(4000);
  expect(waits.slice(3).map(minutes)).toEqual([1.5, 3, 6, 12, 15, 15]);
  const unauthorised = new Backoff(300_000, () => 0);
  expect(minutes(unauthorised.next(fail('slow')))).toBe(1);
  for (let i = 0; i < 20; i++) unauthorised.next(fail('slow'));
  expect(minutes(unauthorised.next(fail('slow')))).toBe(15);
});

test('rule 16: 429 waits half a minute and more, doubling, or as long as the server says', () => {
  const backoff = new Backoff(300_000, () => 0);
  expect([1, 2, 3].map(() => backoff.next(fail('limited')) / 1000)).toEqual([30, 60, 120]);
  expect(backoff.next(fail('limited', 3_600_000))).toBe(3_600_000);
});

test('a server that asks for a day is asked again after a quarter of an hour, or an hour where it limits Milton', () => {
  const backoff = new Backoff(60_000, () => 1);
  expect(minutes(backoff.next(fail('soon', 86_400_000)))).toBe(15);
  expect(minutes(backoff.next(fail('limited', 86_400_000)))).toBe(60);
});

test('a failure of another kind is met as if it were the first', () => {
  const after = (first: Pace, then: Pace) => {
    const backoff = new Backoff(60_000, () => 1);
    for (let i = 0; i < 8; i++) backoff.next(fail(first));
    return [1, 2].map(() => backoff.next(fail(then)) / 1000);
  };
  expect(after('soon', 'limited')).toEqual([45, 90]);
  expect(after('soon', 'slow')).toEqual([90, 180]);
  expect(after('limited', 'denied')).toEqual([1, 2]);
});

test('a server that fails in two ways by turns is not hammered', () => {
  const backoff = new Backoff(60_000, () => 1);
  const waits = Array.from({ length: 20 }, (_, i) => backoff.next(fail(i % 2 ? 'denied' : 'soon')) / 1000);
  expect(waits.slice(-4)).toEqual([60, 1, 60, 1]);
});

test('every wait is a number a timer can hold', () => {
  const paces = fc.array(fc.constantFrom<Pace>('soon', 'denied', 'slow', 'limited'), { minLength: 1, maxLength: 100 });
  fc.assert(
    fc.property(paces, fc.double({ min: 0, max: 1, noNaN: true }), (sequence, random) => {
      const backoff = new Backoff(300_000, () => random);
      for (const pace of sequence) {
        const ms = backoff.next(fail(pace));
        expect(ms >= 0 && ms <= 15 * 60_000).toBe(true);
      }
    }),
  );
});
