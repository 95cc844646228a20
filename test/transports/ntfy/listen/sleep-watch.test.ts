import { expect, test } from 'vitest';
import { LOOK_EVERY, SleepWatch } from '../../../../src/transports/ntfy/listen/sleep-watch.ts';
import { ServerClock } from '../../../../src/transports/ntfy/position/server-clock.ts';

function clocks() {
  const at = { wall: 1_000_000, steady: 0 };
  const watch = new SleepWatch(
    () => at.wall,
    () => at.steady,
  );
  const pass = (wall: number, steady = wall) => {
    at.wall += wall;
    at.steady += steady;
    return watch.jumped();
  };
  return { pass };
}

test('a machine that slept, stood still, or had its clock set, is noticed once', () => {
  const { pass } = clocks();
  expect(pass(LOOK_EVERY)).toBe(false);
  // Asleep: the steady clock stands still.
  expect(pass(8 * 3600_000, LOOK_EVERY)).toBe(true);
  expect(pass(LOOK_EVERY)).toBe(false);
  // Stopped: both go on, and nobody looks.
  expect(pass(60_000)).toBe(true);
  // Set, forwards and back.
  expect(pass(LOOK_EVERY + 11_000, LOOK_EVERY)).toBe(true);
  expect(pass(LOOK_EVERY - 11_000, LOOK_EVERY)).toBe(true);
  expect(pass(LOOK_EVERY)).toBe(false);
});

test('a busy moment and a clock that is corrected a little are not', () => {
  const { pass } = clocks();
  expect(pass(LOOK_EVERY + 9_000)).toBe(false);
  expect(pass(LOOK_EVERY + 9_000, LOOK_EVERY)).toBe(false);
  expect(pass(LOOK_EVERY - 9_000, LOOK_EVERY)).toBe(false);
  expect(pass(0)).toBe(false);
});

test('the time of the server goes on with a clock that nobody sets, and is unknown after a sleep', () => {
  let steady = 5_000;
  const clock = new ServerClock(() => steady);
  expect(clock.now).toBeUndefined();
  clock.learn(1_000);
  steady += 2_500;
  expect(clock.now).toBe(1002.5);
  clock.learn(900);
  expect(clock.now).toBe(900);
  clock.forget();
  expect(clock.now).toBeUndefined();
});
