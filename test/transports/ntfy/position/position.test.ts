import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Json } from '../../../../src/pipeline/json.ts';
import { memoryLogger } from '../../../../src/testing/memory-logger.ts';
import { CursorKeeper } from '../../../../src/transports/ntfy/position/cursor-keeper.ts';
import { Position } from '../../../../src/transports/ntfy/position/position.ts';

const inbox = { baseUrl: 'https://one.example/', askTopic: 'ask', claudeTopic: '', codexTopic: '' };
const position = (now = 0, more: Partial<typeof inbox> = {}) =>
  new Position({ overlap: 100, cacheDuration: 1000, ...inbox, ...more }, () => now);
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

/** What a Milton that has listened to `ask` from 9000 to 9500 keeps. */
function kept() {
  const made = position();
  made.hear(event('open', 9000));
  made.cursor.reading()(9500);
  return made.state;
}

function restored(state: unknown, more: Partial<typeof inbox> = {}) {
  const made = position(0, more);
  made.restore(state);
  return made;
}

test('rule 7: a topic never listened to begins with its first connection, and the others keep their place', () => {
  const made = restored(kept(), { codexTopic: 'codex' });
  expect(made.cursor.since).toBe('9400');
  made.hear(event('open', 9800));
  const { inboxes } = made;
  expect([inboxes.concerns('ask', 9400), inboxes.concerns('codex', 9799)]).toEqual([true, false]);
  expect(inboxes.concerns('codex', 9800)).toBe(true);
  // Known from then on, also after a restart.
  const again = restored(made.state, { codexTopic: 'codex' });
  again.hear(event('open', 9900));
  expect(again.inboxes.concerns('codex', 9800)).toBe(true);
});

test('rule 7: another server begins with nothing old, and knows of no absence; the same one in other words does not', () => {
  const other = restored(kept(), { baseUrl: 'https://two.example' });
  expect(other.cursor.since).toBe('none');
  expect(other.hear(event('open', 9900))).toBeUndefined();
  expect(restored(kept(), { baseUrl: 'HTTPS://one.example:443' }).cursor.since).toBe('9400');
});

test('rule 7: what an older Milton kept counts for the topics there are now', () => {
  const { server, topics, ...older } = kept()!;
  expect([server, topics]).toEqual(['https://one.example/', { ask: 9000 }]);
  for (const state of [older, { ...older, server: 5, topics: 'x' }]) {
    const made = restored(state, { codexTopic: 'codex' });
    expect(made.cursor.since).toBe('9400');
    made.hear(event('open', 9800));
    expect(made.inboxes.concerns('codex', 9400)).toBe(true);
  }
});

test('rule 7: with a clock that is set back the beginning of each topic goes back', () => {
  const made = restored(kept(), { codexTopic: 'codex' });
  made.hear(event('open', 9800));
  made.cursor.reading()(9900);
  made.hear(event('keepalive', 5000));
  expect(made.inboxes.concerns('codex', 4900)).toBe(true);
  expect(made.inboxes.concerns('codex', 4700)).toBe(false);
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
