import { expect, test } from 'vitest';
import { Presence } from '../../../../src/transports/ntfy/position/presence.ts';
import fc from '../../../support/property.ts';

const SLACK = 5;
const missed = (presence: Presence, time: number) => presence.lateness(time, 1e9).missed;

test('rule 11: the first start ever is no absence', () => {
  const presence = new Presence(43_200);
  expect(presence.opened(1000)).toBeUndefined();
  expect(presence.lateness(990, 1000)).toEqual({ ms: 10_000, missed: false });
});

test('rule 11: what was sent while Milton was down was missed, what came late though it listened was not', () => {
  const before = new Presence(43_200);
  before.opened(1000);
  before.hear(2000);
  const presence = new Presence(43_200);
  presence.restore(JSON.parse(JSON.stringify(before.state)));
  expect(presence.opened(9000)).toEqual({ from: 2000, to: 9000 });
  expect([1500, 1995, 5000, 9005, 9006].map((time) => missed(presence, time))).toEqual([
    false,
    true,
    true,
    true,
    false,
  ]);
});

test('while it is away, everything since the last sign of life was missed', () => {
  const presence = new Presence(43_200);
  presence.opened(1000);
  presence.hear(1100);
  presence.lost();
  expect([1000, 1095, 99_999].map((time) => missed(presence, time))).toEqual([false, true, true]);
});

test('lateness is never negative, and counts whole milliseconds', () => {
  const presence = new Presence(1);
  expect(presence.lateness(100, 90).ms).toBe(0);
  expect(presence.lateness(100, 100.12345).ms).toBe(123);
});

test('an absence is forgotten when the server keeps nothing of it any more', () => {
  const presence = new Presence(1000);
  presence.opened(0);
  presence.lost();
  presence.opened(100);
  for (let time = 200; time < 5000; time += 100) {
    presence.hear(time);
    presence.lost();
    presence.opened(time + 50);
  }
  expect(presence.state.gaps.every(({ to }) => to >= 3900)).toBe(true);
});

test('the list of absences has an end', () => {
  const presence = new Presence(1e9);
  presence.opened(0);
  for (let time = 100; time < 100_000; time += 100) {
    presence.hear(time);
    presence.opened(time + 50);
  }
  expect(presence.state.gaps.length).toBeLessThanOrEqual(200);
});

test('a server whose clock was set back ends an absence as it should', () => {
  const presence = new Presence(43_200);
  presence.opened(9000);
  presence.hear(9100);
  presence.lost();
  expect(presence.opened(4000)).toBeUndefined();
  presence.lost();
  expect(presence.opened(4100)).toEqual({ from: 4000, to: 4100 });
  expect([4050, 9050].map((time) => missed(presence, time))).toEqual([true, false]);
});

test('an absence by the old time of a server whose clock was set back is forgotten', () => {
  const presence = new Presence(43_200);
  presence.opened(9000);
  presence.lost();
  presence.opened(9500);
  expect(missed(presence, 9200)).toBe(true);
  presence.tick(4000);
  expect(missed(presence, 9200)).toBe(false);
});

test('what an older Milton kept says nothing of absences', () => {
  const presence = new Presence(43_200);
  presence.restore(undefined);
  expect(presence.opened(5000)).toBeUndefined();
  expect(missed(presence, 4000)).toBe(false);
});

test('whatever happens, a message was missed exactly if it lies within 5 s of a time when nobody listened', () => {
  const phase = fc.record({
    listens: fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 4 }),
    away: fc.integer({ min: 1, max: 600 }),
    restart: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(phase, { maxLength: 30 }), fc.array(fc.nat(30_000), { maxLength: 20 }), (phases, probes) => {
      let presence = new Presence(1e9);
      let time = 1000;
      const gaps: { from: number; to: number }[] = [];
      presence.opened(time);
      for (const { listens, away, restart } of phases) {
        for (const pause of listens) {
          time += pause;
          presence.hear(time);
        }
        presence.lost();
        const { state } = presence;
        if (restart) {
          presence = new Presence(1e9);
          presence.restore(state);
        }
        gaps.push({ from: time, to: time + away });
        time += away;
        expect(presence.opened(time)).toEqual(gaps.at(-1));
      }
      for (const probe of probes) {
        const expected = gaps.some(({ from, to }) => probe >= from - SLACK && probe <= to + SLACK);
        expect(missed(presence, probe)).toBe(expected);
      }
    }),
  );
});
