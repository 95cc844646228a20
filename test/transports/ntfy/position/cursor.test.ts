import { expect, test } from 'vitest';
import { Cursor } from '../../../../src/transports/ntfy/position/cursor.ts';
import fc from '../../../support/property.ts';

/** A cursor that has begun at this time. */
function begun(time: number, overlap = 0): Cursor {
  const cursor = new Cursor(overlap);
  cursor.tick(time);
  return cursor;
}

test('rule 7: the first connection asks for nothing old, later ones from where it began', () => {
  const cursor = new Cursor(120);
  expect(cursor.since).toBe('none');
  expect(cursor.state).toBeUndefined();
  cursor.tick(1000);
  expect(cursor.since).toBe('1000');
  const restored = new Cursor(120);
  restored.restore(cursor.state);
  expect(restored.since).toBe('1000');
});

test('rule 7: stays behind the oldest delivery that is not settled, also behind one that is older than the mark', () => {
  const cursor = begun(1000);
  for (const time of [1001, 1002, 1003]) cursor.take(String(time), time);
  cursor.reading()(2000);
  cursor.settle('1003');
  cursor.settle('1002');
  expect(cursor.state?.settled).toBe(1001);
  cursor.settle('1001');
  cursor.settle('1001');
  expect(cursor.state?.settled).toBe(2000);
  cursor.take('scheduled long ago', 1500);
  expect(cursor.since).toBe('1500');
});

test('rule 8: only the reading of the cache to its end moves the mark, to the moment that reading began', () => {
  const cursor = begun(1000);
  cursor.take('live', 9000);
  cursor.settle('live');
  expect(cursor.since).toBe('1000');
  const done = cursor.reading();
  cursor.take('more', 9500);
  cursor.settle('more');
  expect(cursor.since).toBe('1000');
  done(9000.7);
  expect(cursor.since).toBe('9000');
  cursor.reading()(8000);
  expect(cursor.since).toBe('9000');
});

test('goes back to the beginning with a server whose clock was set back, and not for a moment of delay', () => {
  const cursor = new Cursor(100);
  cursor.restore({ first: 5000, settled: 9000 });
  cursor.tick(8960);
  expect(cursor.since).toBe('8900');
  const done = cursor.reading();
  cursor.tick(7000);
  expect(cursor.since).toBe('2900');
  // Begun by the old clock.
  done(9100);
  expect(cursor.since).toBe('2900');
  cursor.tick(1000);
  expect(cursor.state).toEqual({ first: 900, settled: 900 });
});

test('what was sent between a setting back of the clock and the next connection is asked for', () => {
  const cursor = begun(1_000_000, 120);
  cursor.reading()(1_000_600);
  // The clock was set back by an hour at 1,000,700, a message was sent at once, and 200 s later Milton is back.
  cursor.tick(997_300);
  expect(Number(cursor.since)).toBeLessThanOrEqual(997_100);
});

test('never asks from the second 1 on, which ntfy takes for "nothing"', () => {
  const cursor = new Cursor(100);
  cursor.tick(1);
  expect(cursor.since).toBe('0');
});

test('rule 9: delivers an id once per listener, and never again once it is settled', () => {
  const cursor = begun(0);
  expect([cursor.take('a', 1), cursor.take('a', 1), cursor.take('b', 1)]).toEqual([true, false, true]);
  cursor.settle('a');
  cursor.restart();
  expect([cursor.take('a', 1), cursor.take('b', 1)]).toEqual([false, true]);
});

test('rule 9: knows all it has settled as long as it is asked for, however much that is, and no longer', () => {
  const cursor = begun(1000, 100);
  const take = (id: number, time: number) => cursor.take(String(id), time);
  for (let id = 0; id < 30_000; id++) take(id, 1000 + id / 1000);
  for (let id = 0; id < 30_000; id++) cursor.settle(String(id));
  expect(Array.from({ length: 30_000 }, (_, id) => take(id, 1000)).some(Boolean)).toBe(false);
  cursor.reading()(1110);
  expect([take(9_999, 1009), take(10_000, 1010)]).toEqual([true, false]);
  expect([cursor.remembers(1009), cursor.remembers(1010)]).toEqual([false, true]);
});

test('rule 9: where the cache cannot be read, only as long as the server keeps it', () => {
  const cursor = new Cursor(100, 500);
  cursor.tick(1000);
  cursor.take('a', 1000);
  cursor.settle('a');
  cursor.tick(1500);
  expect(cursor.take('a', 1000)).toBe(false);
  cursor.tick(1501);
  expect(cursor.take('a', 1000)).toBe(true);
});

const OVERLAP = 120;

/** A server as it is: it loses live messages, caches some of them late, replays by time, and has a clock that may be set back. */
class World {
  time = 100_000;
  readonly cache: { readonly id: string; readonly time: number; readonly from: number; settled: boolean }[] = [];
  cursor = new Cursor(OVERLAP);
  inWork: string[] = [];
  /** Seconds that passed, whatever the server's clock was set to. */
  #passed = 0;
  #kept = this.cursor.state;
  #poll:
    | {
        readonly done: (start: number) => void;
        readonly start: number;
        readonly found: readonly { id: string; time: number }[];
      }
    | undefined;

  wait(seconds: number): void {
    this.time += seconds;
    this.#passed += seconds;
  }
  publish(streamed: boolean, lag: number): void {
    const message = { id: `m${this.cache.length}`, time: this.time, from: this.#passed + lag, settled: false };
    this.cache.push(message);
    if (streamed) this.hear(message);
  }
  hear({ id, time }: { id: string; time: number }): void {
    if (this.cursor.take(id, time)) this.inWork.push(id);
  }
  open(backlog: number): void {
    const found = this.#since();
    this.cursor.tick(this.time);
    this.keep();
    for (const message of found.slice(0, backlog)) this.hear(message);
  }
  settle(pick: number): void {
    const [id] = this.inWork.splice(pick % Math.max(1, this.inWork.length), 1);
    if (id === undefined) return;
    this.cursor.settle(id);
    this.cache.find((message) => message.id === id)!.settled = true;
  }
  pollStart(): void {
    this.#poll ??= { done: this.cursor.reading(), start: this.time, found: this.#since() };
  }
  pollEnd(whole: boolean): void {
    const poll = this.#poll;
    this.#poll = undefined;
    if (!poll) return;
    for (const message of whole ? poll.found : poll.found.slice(0, 1)) this.hear(message);
    if (whole) poll.done(poll.start);
  }
  setBack(seconds: number): void {
    this.time = Math.max(0, this.time - seconds);
    this.open(0);
  }
  keep(): void {
    this.#kept = this.cursor.state;
  }
  restart(backlog: number): void {
    this.cursor = new Cursor(OVERLAP);
    this.cursor.restore(this.#kept);
    this.inWork = [];
    this.#poll = undefined;
    this.open(backlog);
  }
  /** What is not settled and would not be asked for, now or after a crash. */
  get unreachable(): string[] {
    const after = new Cursor(OVERLAP);
    after.restore(this.#kept);
    const since = Math.max(Number(this.cursor.since), Number(after.since));
    return this.cache.filter(({ time, settled }) => !settled && time < since).map(({ id }) => id);
  }
  #since() {
    return this.cache.filter(({ time, from }) => from <= this.#passed && time >= Number(this.cursor.since));
  }
}

const step = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constant('publish' as const), fc.boolean(), fc.nat(OVERLAP - 1)) },
  { weight: 4, arbitrary: fc.tuple(fc.constant('settle' as const), fc.nat(9)) },
  { weight: 3, arbitrary: fc.tuple(fc.constant('wait' as const), fc.integer({ min: 1, max: 400 })) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('pollStart' as const)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('pollEnd' as const), fc.boolean()) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('open' as const), fc.nat(5)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('keep' as const)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('restart' as const), fc.nat(5)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('setBack' as const), fc.integer({ min: 1000, max: 50_000 })) },
);

test('rule 7: whatever is lost, cut, cached late, settled late or restarted: nothing unsettled is ever beyond the mark', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const world = new World();
      world.open(0);
      for (const [name, ...args] of steps) {
        (world[name] as (...values: unknown[]) => void)(...args);
        expect(world.unreachable).toEqual([]);
      }
      // And in the end everything is found.
      world.wait(OVERLAP);
      for (const message of ['drop the poll that is under way', 'read']) {
        world.pollEnd(message === 'read');
        world.pollStart();
      }
      world.pollEnd(true);
      while (world.inWork.length > 0) world.settle(0);
      expect(world.cache.filter(({ settled }) => !settled)).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

test('rule 8: in a storm of connections the mark follows the readings', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 3, maxLength: 30 }), (pauses) => {
      const world = new World();
      world.open(0);
      for (const seconds of pauses) {
        world.publish(false, 0);
        world.open(0);
        world.pollStart();
        const began = world.time;
        world.wait(seconds);
        world.open(0);
        world.pollEnd(true);
        while (world.inWork.length > 0) world.settle(0);
        expect(world.cursor.state?.settled).toBe(began);
      }
    }),
  );
});
