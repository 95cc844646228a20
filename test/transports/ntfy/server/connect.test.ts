import { globalAgent } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Logger } from '../../../../src/pipeline/services.ts';
import { connect } from '../../../../src/transports/ntfy/server/connect.ts';
import type { NtfyEvent } from '../../../../src/transports/ntfy/server/events.ts';
import { streams } from '../../../../src/transports/ntfy/server/open-stream.ts';
import { FakeNtfy } from '../../../support/fake-ntfy.ts';
import { until } from '../fixture.ts';

let fake: FakeNtfy;
let log: string[];
let logger: Logger;

beforeEach(async () => {
  fake = await FakeNtfy.start();
  log = [];
  const write = (message: string) => void log.push(message);
  logger = { debug: write, info: write, warn: write, error: write, child: () => logger };
});
afterEach(() => fake.close());

function listen({ baseUrl = fake.url, ...login }: { token?: string; baseUrl?: string } = {}) {
  const events: NtfyEvent[] = [];
  const end: { how?: string } = {};
  const subscription = connect(streams({ baseUrl, ...login }), 'ask/json', logger).subscribe({
    next: (event) => events.push(event),
    error: (error: Error) => {
      end.how = error.message;
    },
    complete: () => {
      end.how = 'complete';
    },
  });
  return { events, end, subscription, ids: () => events.map(({ id }) => id) };
}

const sockets = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
const line = (fields: object) => `${JSON.stringify({ id: 'x', time: 1, event: 'message', ...fields })}\n`;

test('rule 1: lines of 64 KiB and more, many lines at once, blank ones, and a last one without an end', async () => {
  const { events, end } = listen();
  await until(() => expect(events).toHaveLength(1));
  const big = 'é'.repeat(400_000);
  fake.push(
    `\r\n\n${line({ id: 'a' }).repeat(500)}${line({ message: big }).replace('\n', '\r\n')}{"id":"z","time":2,"event":"e"}`,
  );
  await until(() => expect(events).toHaveLength(1 + 500 + 1));
  fake.drop(true);
  await until(() => expect(end.how).toBe('complete'));
  expect(events).toHaveLength(1 + 500 + 1 + 1);
  expect(events.at(-2)?.message).toBe(big);
  expect(events.at(-1)?.id).toBe('z');
  expect(log).toEqual([]);
});

test('rule 1: of a line beyond the cap nothing is kept, however long it goes on, and it is logged once', async () => {
  const { events, ids } = listen();
  await until(() => expect(events).toHaveLength(1));
  for (let i = 0; i < 12; i++) fake.push('x'.repeat(1024 * 1024));
  fake.push(`\n${line({ id: 'after' })}`);
  await until(() => expect(ids()).toContain('after'));
  expect(log).toEqual(['skipped a line that is too long']);
});

test('rule 5: no time limit of the library ends a silent stream', async () => {
  const { options } = globalAgent as unknown as { options: { timeout?: number } };
  const { timeout = 0 } = options;
  // The agent's own limit is 5 s; with fetch it would be 300 s.
  options.timeout = 20;
  try {
    const { events, end, ids } = listen();
    await until(() => expect(events).toHaveLength(1));
    await new Promise((resolve) => setTimeout(resolve, 300));
    fake.push(line({ id: 'late' }));
    await until(() => expect(ids()).toContain('late'));
    expect(end.how).toBeUndefined();
  } finally {
    options.timeout = timeout;
  }
});

test('rule 18: unsubscribing closes the socket at once and leaves no handle', async () => {
  const { events, subscription, end } = listen();
  await until(() => expect(events).toHaveLength(1));
  expect(fake.streams).toBe(1);
  const start = performance.now();
  subscription.unsubscribe();
  await until(() => expect(fake.streams).toBe(0));
  // Long before anything else would: the next keepalive comes after 45 s.
  expect(performance.now() - start).toBeLessThan(20_000);
  await until(async () => expect(await fake.connections()).toBe(0));
  await until(() => expect(sockets()).toBe(0));
  expect(end.how).toBeUndefined();
});

test('rule 18: unsubscribing in the middle of a chunk hears nothing more of it', async () => {
  const ids: string[] = [];
  const subscription = connect(streams({ baseUrl: fake.url }), 'ask/json', logger).subscribe(({ id }) => {
    ids.push(id);
    if (id === 'b') subscription.unsubscribe();
  });
  await until(() => expect(ids).toHaveLength(1));
  fake.push(['a', 'b', 'c', 'd'].map((id) => line({ id })).join(''));
  await until(() => expect(fake.streams).toBe(0));
  expect(ids.slice(1)).toEqual(['a', 'b']);
});

test('rule 18: unsubscribing at every moment of connecting is quiet', async () => {
  fake.chaos.split = 7;
  for (let turns = 0; turns < 40; turns++) {
    const { subscription } = listen();
    for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
    subscription.unsubscribe();
  }
  await until(async () => expect(await fake.connections()).toBe(0));
});

test.each([
  [
    'a page',
    { status: 200, body: '<html>', headers: { 'content-type': 'text/html' } },
    /no ntfy server \(it sent text\/html\)/,
  ],
  [
    'a redirect',
    { status: 302, headers: { location: 'https://elsewhere.example/x' } },
    /redirects to https:\/\/elsewhere\.example,/,
  ],
  ['a relative redirect', { status: 302, headers: { location: '/login' } }, /redirects to http:\/\/127\.0\.0\.1:\d+,/],
  [
    '401',
    { status: 401, body: '{"code":40101,"http":401,"error":"unauthorized"}' },
    /credentials.*401 40101 "unauthorized"/,
  ],
  ['an odd status', { status: 799 }, /the server failed \(799/],
])('rule 4 and 19: %s is no stream, and its connection is closed', async (_, reply, why) => {
  fake.chaos.subscribe = reply;
  const { end, events } = listen({ token: 'tk_secret' });
  await until(() => expect(end.how).toMatch(why));
  expect(events).toEqual([]);
  expect(end.how).not.toContain('tk_secret');
  expect(fake.requests).toHaveLength(1);
  expect(fake.requests[0]?.headers.authorization).toBe('Bearer tk_secret');
  await until(() => expect(fake.streams).toBe(0));
});

test('rule 6: a cut stream, and a server that is not there, are told in few words', async () => {
  const cut = listen();
  await until(() => expect(cut.events).toHaveLength(1));
  fake.drop();
  await until(() => expect(cut.end.how).toMatch(/^the server cannot be reached \(connection (cut|reset)\)$/));
  const baseUrl = fake.url;
  await fake.close();
  const gone = listen({ baseUrl });
  await until(() => expect(gone.end.how).toBe('the server cannot be reached (connection refused)'));
  fake = await FakeNtfy.start();
});
