import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Json } from '../../../../src/pipeline/json.ts';
import { memoryLogger } from '../../../../src/testing/memory-logger.ts';
import { CursorKeeper } from '../../../../src/transports/ntfy/position/cursor-keeper.ts';
import { Position } from '../../../../src/transports/ntfy/position/position.ts';

const position = (now = 0) => new Position({ overlap: 100, cacheDuration: 1000 }, () => now);
const event = (name: string, time: number) => ({ id: 'x', event: name, time });

test('open and keepalive tell the time, older messages do not', () => {
  const made = position();
  made.hear(event('open', 9000));
  made.hear(event('message', 5000));
  expect(Math.floor(made.clock.now ?? 0)).toBe(9000);
  made.hear(event('keepalive', 9050));
  expect(Math.floor(made.clock.now ?? 0)).toBe(9050);
  expect(made.state).toMatchObject({ first: 9000, settled: 9000, heard: 9050 });
});

test('rule 7: a clock that is set back while Milton is connected is noticed with the next keepalive', () => {
  const made = position();
  made.hear(event('open', 9000));
  made.cursor.reading()(9500);
  made.hear(event('keepalive', 4000));
  expect(made.cursor.since).toBe('3400');
});

test('while the time of the server is unknown, the machine’s own says how late a message is', () => {
  const made = position(7_000_000);
  expect(made.lateness(6_400).ms).toBe(600_000);
  made.hear(event('open', 6_500));
  expect(Math.round(made.lateness(6_400).ms / 1000)).toBe(100);
});

test('what was heard is written down at most once a minute', async () => {
  const made = position();
  const written: Json[] = [];
  const store = { recall: async () => undefined, remember: async (_: string, value: Json) => void written.push(value) };
  const keeper = new CursorKeeper(made, () => store, 'k', memoryLogger([]));
  await keeper.load();
  made.hear(event('open', 9000));
  keeper.heard(9000);
  for (let time = 9001; time < 9060; time++) {
    made.hear(event('keepalive', time));
    keeper.heard(time);
  }
  await sleep(1100);
  const { length } = written;
  expect(length).toBeLessThanOrEqual(2);
  made.hear(event('keepalive', 9080));
  keeper.heard(9080);
  await sleep(1100);
  expect(written).toHaveLength(length);
  await keeper.flush();
  expect(written.at(-1)).toMatchObject({ heard: 9080 });
});
