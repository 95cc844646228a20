import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Cursor } from '../../../src/transports/ntfy/cursor.ts';

test('the first connection asks for nothing old, later ones from where it began', () => {
  const cursor = new Cursor(120);
  expect(cursor.since).toBe('none');
  expect(cursor.state).toBeUndefined();
  cursor.opened(1000);
  expect(cursor.since).toBe('1000');
  const restored = new Cursor(120);
  restored.restore(cursor.state);
  expect(restored.since).toBe('1000');
});

test('stays behind the oldest delivery that is not settled', () => {
  const cursor = new Cursor(0);
  cursor.caughtUp(cursor.opened(1000));
  for (const [id, time] of [
    ['a', 1001],
    ['b', 1002],
    ['c', 1003],
  ] as const)
    expect(cursor.take(id, time)).toBe(true);
  cursor.settle('c');
  cursor.settle('b');
  expect(cursor.state?.settled).toBe(1001);
  cursor.settle('a');
  cursor.settle('a');
  expect(cursor.state?.settled).toBe(1003);
});

test('does not pass a backlog that was not read in full', () => {
  const cursor = new Cursor(0);
  cursor.restore({ first: 1, settled: 1000 });
  const connection = cursor.opened(9000);
  cursor.take('live', 9000);
  cursor.settle('live');
  expect(cursor.since).toBe('1000');
  cursor.caughtUp(connection);
  expect(cursor.since).toBe('9000');
  cursor.opened(9001);
  cursor.take('more', 9005);
  cursor.settle('more');
  expect(cursor.since).toBe('9000');
});

test('goes back with a server whose clock was set back', () => {
  const cursor = new Cursor(10);
  cursor.restore({ first: 5000, settled: 9000 });
  cursor.caughtUp(cursor.opened(4000));
  expect(cursor.since).toBe('4000');
  cursor.take('a', 4001);
  cursor.settle('a');
  expect(cursor.state).toEqual({ first: 4000, settled: 4001 });
});

test('delivers an id once per listener, and never again once it is settled', () => {
  const cursor = new Cursor(0);
  expect([cursor.take('a', 1), cursor.take('a', 1), cursor.take('b', 1)]).toEqual([true, false, true]);
  cursor.settle('a');
  cursor.restart();
  expect([cursor.take('a', 1), cursor.take('b', 1)]).toEqual([false, true]);
});

/** A server as it is: it forgets to stream some messages while connecting, cuts at any point, and replays by time. */
test('whatever is lost, cut, settled late or restarted: in the end every message was delivered and settled', () => {
  const action = fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant('publish' as const), streamed: fc.boolean() }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('settle' as const), pick: fc.nat(5) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('poll' as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('reconnect' as const), backlog: fc.nat(5) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 300 }) }),
    },
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 80 }), (actions) => {
      let time = 1000;
      let cursor = new Cursor(5);
      let connection = cursor.opened(time);
      let fresh = true;
      let inWork: string[] = [];
      const [cache, done]: [{ id: string; time: number }[], Set<string>] = [[], new Set()];
      const hear = (message: { id: string; time: number }) => {
        if (cursor.take(message.id, message.time)) inWork.push(message.id);
      };
      const since = () => cache.filter((message) => message.time >= Number(cursor.since));
      const settle = (id: string) => {
        cursor.settle(id);
        done.add(id);
        inWork = inWork.filter((other) => other !== id);
      };
      const poll = () => {
        for (const message of since()) hear(message);
        cursor.caughtUp(connection);
        fresh = false;
      };
      for (const act of actions) {
        if (act.do === 'wait') time += act.seconds;
        if (act.do === 'publish') {
          const message = { id: `m${cache.length}`, time };
          cache.push(message);
          // Only a connection that has not read the cache yet loses messages.
          if (act.streamed || !fresh) hear(message);
        }
        const picked = act.do === 'settle' ? inWork[act.pick % Math.max(1, inWork.length)] : undefined;
        if (picked) settle(picked);
        if (act.do === 'poll') poll();
        if (act.do === 'reconnect' || act.do === 'restart') {
          if (act.do === 'restart') {
            const kept = cursor.state;
            cursor = new Cursor(5);
            cursor.restore(kept);
            inWork = [];
          }
          const backlog = since();
          connection = cursor.opened(time);
          fresh = true;
          for (const message of backlog.slice(0, act.do === 'reconnect' ? act.backlog : 0)) hear(message);
        }
      }
      poll();
      for (const id of [...inWork]) settle(id);
      expect(cache.filter(({ id }) => !done.has(id))).toEqual([]);
    }),
    { numRuns: 300 },
  );
});
