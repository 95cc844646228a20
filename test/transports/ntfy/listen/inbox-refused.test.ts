import { afterEach, beforeEach, expect, test } from 'vitest';
import type { NtfyOptions } from '../../../../src/transports/ntfy/options.ts';
import { type Bench, bench, until } from '../fixture.ts';

let b: Bench;

beforeEach(() => start());
afterEach(() => b.end());

async function start(more: Partial<NtfyOptions> = {}) {
  await b?.end();
  b = await bench(more);
}
const connected = () => b.connected();
const down = (why: string | RegExp) => b.down(why);
const streams = () => b.fake.reads('stream');
/** How long Milton waits after each failure, in ms. */
const pauses = () =>
  b.log.flatMap((entry) => {
    const [, ms] = /^not listening: .*"retryInMs":(\d+)/.exec(entry) ?? [];
    return ms === undefined ? [] : [Number(ms)];
  });

test.each([
  [401, '{"code":40101,"http":401,"error":"unauthorized"}', 'does not accept the credentials.*40101'],
  [404, '<html>', 'does not know this path'],
  [400, '{"code":40009,"http":400,"error":"invalid topic"}', 'refuses the request.*invalid topic'],
  [429, '{"code":42903,"http":429,"error":"limit reached: too many active subscriptions"}', 'limits Milton.*42903'],
])('rules 15 to 17: %i is told, and not hammered', async (status, body, why) => {
  b.fake.chaos.subscribe = { status, body };
  b.listen();
  await down(why);
  expect(pauses()).toEqual([expect.any(Number)]);
  expect(pauses()[0]).toBeGreaterThanOrEqual(30_000);
  expect(pauses()[0]).toBeLessThanOrEqual(90_000);
  expect(streams()).toHaveLength(1);
});

test('rules 15 and 17: 403 is tried three times quickly, 5xx for ever', async () => {
  b.fake.chaos.subscribe = { status: 403, body: '{"code":40301,"http":403,"error":"forbidden"}' };
  const { stop } = b.listen();
  await until(() => expect(pauses()).toHaveLength(4));
  expect(Math.max(...pauses().slice(0, 3))).toBeLessThanOrEqual(20);
  expect(pauses()[3]).toBeGreaterThanOrEqual(60_000);
  expect(pauses()[3]).toBeLessThanOrEqual(90_000);
  stop();
  b.fake.chaos.subscribe = { status: 502, body: '<html>bad gateway</html>' };
  b.listen();
  await until(() => expect(streams().length).toBeGreaterThan(15));
});

test('rule 15: a 403 that stays is told on the phone, once until Milton is let in again', async () => {
  const forbidden = { status: 403, body: '{"code":40301,"http":403,"error":"forbidden"}' };
  b.fake.chaos.subscribe = forbidden;
  b.listen();
  await until(() => expect(b.announced.size).toBe(1));
  expect(streams()).toHaveLength(4);
  expect([...b.announced.values()][0]).toMatchObject({
    title: '🔒 Milton may not listen',
    body: expect.stringMatching(
      /refuses to let Milton read ask \(403\), so nothing you send arrives\. Give its user the right/,
    ),
  });
  b.fake.chaos.subscribe = undefined;
  // Whoever wakes up tries at once.
  b.clock.ahead += 60_000;
  await connected();
  b.fake.chaos.subscribe = forbidden;
  b.fake.drop();
  await until(() => expect(b.announced.size).toBe(2));
});

test('rule 15: who wakes up to the same 403 is not told again', async () => {
  b.fake.chaos.subscribe = { status: 403 };
  b.listen();
  await until(() => expect(pauses()).toHaveLength(4));
  b.clock.ahead += 60_000;
  await until(() => expect(b.log.filter((line) => line.startsWith('not listening: the cred'))).toHaveLength(8));
  expect([streams().length, b.announced.size]).toEqual([8, 1]);
});

test.each([401, 404])(
  'rules 15 and 17: %i is an error in the log, and no notice, since that could not be sent',
  async (status) => {
    // Also where another failure came first.
    b.fake.chaos.subscribe = { status: 500 };
    b.listen();
    await down('the server failed');
    b.fake.chaos.subscribe = { status };
    await until(() => expect(b.errors).toEqual([expect.stringMatching(/^not listening: the server does not/)]));
    expect(b.announced.size).toBe(0);
  },
);

test('rule 16: the old stream is closed before a new one is asked for; too many of them are waited out', async () => {
  await start({ idleTimeout: 50 });
  b.fake.chaos.silent = true;
  b.listen();
  await until(() => expect(streams().length).toBeGreaterThan(3));
  expect(b.fake.streams).toBeLessThanOrEqual(1);
  const limited = '{"code":42903,"http":429,"error":"limit reached: too many active subscriptions"}';
  b.fake.chaos.subscribe = { status: 429, body: limited };
  await down('limits Milton.*42903');
  expect(b.fake.streams).toBe(0);
  await until(() => expect(pauses().at(-1)).toBeGreaterThanOrEqual(30_000));
  expect(pauses().at(-1)).toBeLessThanOrEqual(45_000);
});

test('rule 18: at most one connection; unsubscribing closes it at once, in any phase', async () => {
  const [one, two] = [b.listen(), b.listen()];
  await connected();
  expect(b.fake.streams).toBe(1);
  one.stop();
  expect(b.fake.streams).toBe(1);
  two.stop();
  await until(() => expect(b.fake.streams).toBe(0));
  expect(b.health.at(-1)).toMatchObject({ state: 'reconnecting', why: 'not listening' });

  b.fake.chaos.mute = true;
  const waiting = b.listen();
  await until(() => expect(streams()).toHaveLength(2));
  waiting.stop();
  b.fake.chaos.mute = false;
  b.fake.chaos.subscribe = { status: 500 };
  const pausing = b.listen();
  await down('the server failed');
  pausing.stop();
  const moment = () => new Promise((resolve) => setTimeout(resolve, 100));
  // One that was on its way already may still arrive.
  await moment();
  const count = b.fake.requests.length;
  await moment();
  expect(b.fake.requests).toHaveLength(count);
});

test('rule 19: a redirect is not followed, and the credentials stay', async () => {
  const token = `tk_${'a'.repeat(29)}`;
  await start({ token });
  const location = `${b.fake.url.replace('127.0.0.1', 'localhost')}/elsewhere?auth=${token}`;
  b.fake.chaos.subscribe = { status: 301, headers: { location } };
  b.listen();
  await down(/redirects to http:\/\/localhost:\d+, which Milton does not follow: set NTFY_BASE_URL/);
  expect(b.fake.requests).toHaveLength(1);
  expect(b.fake.requests[0]?.headers.authorization).toBe(`Bearer ${token}`);
  expect(JSON.stringify([b.health, b.log])).not.toContain(token);
});

test('rule 20: Milton never listens to itself', async () => {
  const { texts } = b.listen();
  await connected();
  b.fake.publish('ask', 'my own words', { tags: ['x', 'milton'] });
  b.fake.publish('ask', 'a person', { tags: ['x'] });
  await until(() => expect(texts).toEqual(['a person']));
});
