import { expect, test } from 'vitest';
import { Circuit } from '../../../src/pipeline/flow/circuit.ts';
import fc from '../../support/property.ts';

function made(random = 1) {
  const time = { now: 1_000_000 };
  return {
    time,
    circuit: new Circuit(
      () => time.now,
      () => random,
    ),
  };
}
const left = ({ time, circuit }: ReturnType<typeof made>) => Math.max(0, circuit.until - time.now);

test('waits longer with each failure, half a minute at most, and not at all once something came through', () => {
  const one = made();
  expect([one.circuit.broken, left(one)]).toEqual([false, 0]);
  const waits = Array.from({ length: 8 }, () => {
    one.circuit.failed();
    return left(one);
  });
  expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  one.circuit.passed();
  expect([one.circuit.broken, left(one)]).toEqual([false, 0]);
});

test('a time the other side names is waited for once two failed in a row, a quarter of an hour at most', () => {
  const one = made();
  one.circuit.failed(300_000);
  expect(left(one)).toBe(1000);
  one.circuit.failed(300_000);
  expect(left(one)).toBe(300_000);
  one.circuit.failed(86_400_000);
  expect(left(one)).toBe(900_000);
});

test('a hint ends the wait, but only a success ends the doubt', () => {
  const one = made();
  one.circuit.failed();
  one.circuit.hint();
  expect([one.circuit.broken, left(one)]).toEqual([true, 0]);
  one.circuit.failed();
  expect(left(one)).toBe(2000);
});

test('a clock set back does not prolong the wait', () => {
  fc.assert(
    fc.property(fc.nat(20), fc.integer({ min: 1, max: 1_000_000 }), (failures, back) => {
      const one = made();
      for (let i = 0; i < failures; i++) one.circuit.failed();
      one.time.now -= back;
      expect(left(one)).toBe(0);
    }),
  );
});
