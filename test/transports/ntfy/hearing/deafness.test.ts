import { afterEach, beforeEach, expect, test } from 'vitest';
import type { NtfyOptions } from '../../../../src/transports/ntfy/options.ts';
import { type Bench, bench, until } from '../fixture.ts';

let b: Bench;

beforeEach(() => start());
afterEach(() => b.end());

async function start(more: Partial<NtfyOptions> = {}) {
  await b?.end();
  // Far more canaries than any server allows.
  const plenty = { dailyMessages: 1_000_000, burst: 1_000_000, refill: 0.001 };
  b = await bench({ ...plenty, canaryInterval: 40, canaryTimeout: 60, ...more });
}
const last = () => b.health.at(-1)?.state;
const connected = () => until(() => expect(last()).toBe('connected'));
const streams = () => b.fake.reads('stream');
const canaries = () => b.fake.requests.filter(({ method, body }) => method === 'POST' && body.startsWith('canary '));
/** Lets time pass for the server, and a keepalive tell it. */
const pass = async (seconds: number) => {
  b.fake.skew += seconds;
  const { time } = b.fake;
  const heard = () => (b.memory.get('cursor:ntfy') as { heard: number }).heard;
  await until(() => expect(heard()).toBeGreaterThanOrEqual(time));
};
const more = (count: number) => {
  const { length } = canaries();
  return until(() => expect(canaries().length).toBeGreaterThanOrEqual(length + count));
};

test('rule 20: Milton sends itself a message that no cache keeps and no phone shows, hears it, and takes it for nothing else', async () => {
  const { texts } = b.listen();
  await connected();
  await more(3);
  expect(canaries()[0]).toMatchObject({
    path: '/ask',
    headers: { 'x-tags': 'milton', 'x-priority': '1', 'x-cache': 'no', 'x-firebase': 'no' },
  });
  expect(new Set(canaries().map(({ body }) => body)).size).toBe(canaries().length);
  expect(streams()).toHaveLength(1);
  expect(b.fake.cache).toEqual([]);
  expect(texts).toEqual([]);
  expect(last()).toBe('connected');
});

test('a connection that hands on nothing is replaced, then told once, and replaced until something is heard', async () => {
  const { texts } = b.listen();
  await connected();
  b.fake.chaos.loseLive = true;
  await until(() => expect(last()).toBe('deaf'));
  expect(b.health.at(-1)).toMatchObject({ why: expect.stringContaining('sent to ask'), since: expect.any(String) });
  expect(canaries().length).toBeGreaterThanOrEqual(2);
  const count = streams().length;
  await until(() => expect(streams().length).toBeGreaterThan(count + 2));
  expect([...b.announced.keys()]).toEqual([expect.stringMatching(/^deaf-\d+$/)]);
  // It is no news that a deaf connection is replaced by the next one.
  expect(b.health.slice(b.health.findIndex(({ state }) => state === 'deaf')).map(({ state }) => state)).toEqual([
    'deaf',
  ]);
  b.fake.chaos.loseLive = false;
  await connected();
  const seen = b.health.length;
  await more(2);
  expect(b.health).toHaveLength(seen);

  b.fake.chaos.loseLive = true;
  await until(() => expect(last()).toBe('deaf'));
  await until(() => expect(b.announced.size).toBe(2));
  expect(texts).toEqual([]);
});

test('a deaf connection that is also cut says so, and is deaf again when it stands', async () => {
  b.listen();
  await connected();
  b.fake.chaos.loseLive = true;
  await until(() => expect(last()).toBe('deaf'));
  b.fake.chaos.subscribe = { status: 500 };
  await until(() => expect(last()).toBe('reconnecting'));
  b.fake.chaos.subscribe = undefined;
  await until(() => expect(last()).toBe('deaf'));
  expect(b.announced.size).toBe(1);
});

test('without a connection nothing is tested', async () => {
  b.listen();
  await connected();
  await more(1);
  b.fake.chaos.subscribe = { status: 503 };
  b.fake.drop();
  await until(() => expect(last()).toBe('reconnecting'));
  const { length } = canaries();
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(canaries().length).toBeLessThanOrEqual(length + 1);
  b.fake.chaos.subscribe = undefined;
  await connected();
  await more(1);
  expect(b.health.some(({ state }) => state === 'deaf')).toBe(false);
});

test('connections that are lost at once do not each cost a canary', async () => {
  await start({ canaryInterval: 400, canaryTimeout: 30_000, reconcileDelay: 3_600_000 });
  b.listen();
  await connected();
  b.fake.chaos.loseLive = true;
  await more(1);
  const [begun, { length }] = [performance.now(), canaries()];
  const storm = setInterval(() => b.fake.drop(), 10);
  try {
    const count = streams().length;
    await until(() => expect(streams().length).toBeGreaterThan(count + 20));
  } finally {
    clearInterval(storm);
  }
  expect(canaries().length - length).toBeLessThanOrEqual(1 + (performance.now() - begun) / 400);
});

test('what Milton itself has sent to its inbox proves nothing', async () => {
  b.listen();
  await connected();
  b.fake.chaos.loseLive = true;
  await until(() => expect(last()).toBe('deaf'));
  const own = { id: 'own', time: b.fake.time + 100, event: 'message', topic: 'ask', message: 'x', tags: ['milton'] };
  const seen = b.health.length;
  b.fake.push(`${JSON.stringify(own)}\n`);
  await more(1);
  expect(b.health).toHaveLength(seen);
});

test('the echo of an older canary does not count', async () => {
  b.listen();
  await connected();
  b.fake.chaos.loseLive = true;
  await until(() => expect(last()).toBe('deaf'));
  const [first] = canaries();
  const echo = { id: 'old', time: b.fake.time, event: 'message', topic: 'ask', message: first?.body, tags: ['milton'] };
  b.fake.push(`${JSON.stringify(echo)}\n`);
  await more(1);
  expect(last()).toBe('deaf');
});

test('a message that was heard counts instead of a canary', async () => {
  await start({ canaryInterval: 300 });
  let [heard, due] = [performance.now(), 0];
  const { texts } = b.listen();
  await connected();
  b.fake.skew += 10;
  for (let i = 1; i <= 20; i++) {
    b.fake.publish('ask', `message ${i}`);
    await until(() => expect(texts).toHaveLength(i));
    await new Promise((resolve) => setTimeout(resolve, 30));
    // Where the machine stands still for so long, a canary may be due.
    due += Math.floor((performance.now() - heard) / 150);
    heard = performance.now();
  }
  expect(canaries().length).toBeLessThanOrEqual(due);
  await more(1);
});

test.each([
  [403, '{"code":40301,"http":403,"error":"forbidden"}'],
  [401, '{"code":40101,"http":401,"error":"unauthorized"}'],
])(
  'where Milton may not write to its own inbox (%i), it stops testing, with one line in the log',
  async (status, body) => {
    b.fake.chaos.publish = { status, body };
    b.listen();
    await until(() => expect(b.log.filter((line) => line.includes('may not write to its own inbox'))).toHaveLength(1));
    const { length } = canaries();
    b.fake.drop();
    await until(() => expect(streams()).toHaveLength(2));
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(canaries()).toHaveLength(length);
    expect(b.health.some(({ state }) => state === 'deaf')).toBe(false);
  },
);

test('a canary that the server does not take says nothing of the hearing', async () => {
  b.fake.chaos.publish = { status: 500 };
  b.listen();
  await connected();
  await more(4);
  expect([streams().length, last()]).toEqual([1, 'connected']);
});

test('0 = no canary', async () => {
  await start({ canaryInterval: 0 });
  b.listen();
  await connected();
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect(canaries()).toEqual([]);
});

test('a message that only the cache has shows that the connection is deaf, without any canary', async () => {
  await start({ canaryInterval: 0, reconcileInterval: 30 });
  b.fake.keepalive = 15;
  const { texts } = b.listen();
  await connected();
  b.fake.chaos.loseLive = true;
  const lose = async (text: string) => {
    const { length } = streams();
    await pass(60);
    b.fake.publish('ask', text, { time: b.fake.time - 30 });
    await until(() => expect(texts).toContain(text));
    await until(() => expect(streams()).toHaveLength(length + 1));
    await until(() => expect(b.fake.streams).toBe(1));
  };
  await lose('one');
  expect(b.log.join('\n')).toContain('A message that the server has did not arrive over the connection');
  await connected();
  await lose('two');
  await until(() => expect(last()).toBe('deaf'));
  expect(b.announced.size).toBe(1);
  b.fake.chaos.loseLive = false;
  b.fake.skew += 60;
  b.fake.publish('ask', 'three');
  await connected();
  expect(texts).toEqual(['one', 'two', 'three']);
});

test('what a connect lost, or what is still on its way, is no deafness', async () => {
  await start({ canaryInterval: 0, reconcileInterval: 30 });
  b.fake.keepalive = 15;
  const { texts } = b.listen();
  await connected();
  b.fake.chaos.loseLive = true;
  const { time } = b.fake;
  await pass(60);
  b.fake.publish('ask', 'in the moment of connecting', { time });
  await until(() => expect(texts).toHaveLength(1));
  await pass(60);
  b.fake.publish('ask', 'just now');
  await until(() => expect(texts).toHaveLength(2));
  expect(streams()).toHaveLength(1);
});
