import { expect, test } from 'vitest';
import { defaultInterval, Hearing } from '../../../../src/transports/ntfy/hearing/hearing.ts';
import fc from '../../../support/property.ts';

const HOUR = 3_600_000;

function begin(interval = HOUR) {
  const at = { now: 0 };
  return { at, hearing: new Hearing(interval, () => at.now) };
}

test('one that did not come is doubt, two are deafness, one that came ends it', () => {
  const { hearing } = begin();
  expect([hearing.deaf, hearing.dueIn]).toEqual([false, HOUR]);
  hearing.missed();
  expect([hearing.deaf, hearing.dueIn]).toEqual([false, 0]);
  hearing.missed();
  expect(hearing.deaf).toBe(true);
  hearing.heard();
  expect([hearing.deaf, hearing.dueIn]).toEqual([false, HOUR]);
  hearing.missed();
  expect(hearing.deaf).toBe(false);
});

test('something heard since the last test counts instead of one', () => {
  const { at, hearing } = begin();
  at.now = HOUR - 1;
  hearing.heard();
  at.now = 2 * HOUR - 2;
  expect(hearing.dueIn).toBe(1);
});

test('a test that could not be made says nothing, and comes sooner while the hearing is in doubt', () => {
  const { at, hearing } = begin();
  at.now = HOUR;
  hearing.skip();
  expect([hearing.deaf, hearing.dueIn]).toEqual([false, HOUR]);
  hearing.missed();
  hearing.skip();
  expect([hearing.deaf, hearing.dueIn]).toEqual([false, 60_000]);
});

test('a long deafness costs no more messages than good hearing, after a few', () => {
  const { at, hearing } = begin();
  let tests = 0;
  for (; at.now < 24 * HOUR; at.now += hearing.dueIn) {
    hearing.missed();
    tests++;
  }
  expect(tests).toBeLessThanOrEqual(24 + 15);
});

test('unset, the canary takes at most a tenth of the day, and sings at most every 15 minutes', () => {
  expect(defaultInterval(250)).toBe((24 * HOUR) / 25);
  expect(defaultInterval(1_000_000)).toBe(HOUR / 4);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100_000 }), (daily) => {
      expect((24 * HOUR) / defaultInterval(daily)).toBeLessThanOrEqual(Math.min(0.1 * daily + 1e-9, 96));
    }),
  );
});
