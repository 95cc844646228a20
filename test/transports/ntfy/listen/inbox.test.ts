import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Backoff } from '../../../../src/transports/ntfy/listen/backoff.ts';
import type { NtfyOptions } from '../../../../src/transports/ntfy/options.ts';
import { FakeNtfy } from '../../../support/fake-ntfy.ts';
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

test('rule 1: bytes may be split anywhere', async () => {
  b.fake.chaos.split = 3;
  const { texts } = b.listen();
  await connected();
  b.fake.publish('ask', 'Größe 🚀\u2028zwei');
  await until(() => expect(texts).toEqual(['Größe 🚀\u2028zwei']));
});

test('rules 1 and 2: bad lines are logged and skipped, and end nothing', async () => {
  const { texts } = b.listen();
  await connected();
  const bad = [
    '{"id":"x"',
    'null',
    '[]',
    '\ufeff{}',
    '{"id":1}',
    '{"id":"a","time":1e300,"event":"message","topic":"ask"}',
    '\u0000',
  ];
  b.fake.push(`${bad.join('\n')}\n\r\n\n`);
  b.fake.push(Buffer.from([0xff, 0xfe, 0x0a]));
  b.fake.push(`{"id":"big","message":"${'x'.repeat(1024 * 1024)}"}\n`);
  b.fake.publish('ask', 'good');
  await until(() => expect(texts).toEqual(['good']));
  // The cache may have been faster than the stream.
  const skipped = () => b.log.filter((entry) => entry.startsWith('skipped'));
  await until(() => expect(skipped()).toEqual([expect.stringMatching(/^skipped a line that is no ntfy event/)]));
  expect(streams()).toHaveLength(1);
  b.fake.drop();
  await until(() =>
    expect(skipped().slice(1)).toEqual([expect.stringContaining(`skipped ${bad.length + 1} more lines`)]),
  );
});

test('rule 3: other and unknown events are not messages', async () => {
  const { texts } = b.listen();
  await connected();
  for (const event of ['message_delete', 'message_clear', 'poll_request', 'hologram']) {
    b.fake.push(`${JSON.stringify({ id: event, time: b.fake.time, event, topic: 'ask', message: 'no', extra: 1 })}\n`);
  }
  b.fake.publish('ask', 'yes');
  await until(() => expect(texts).toEqual(['yes']));
});

test('rule 4: a page with status 200 is no connection', async () => {
  b.fake.chaos.subscribe = { status: 200, body: '<html>Log in</html>', headers: { 'content-type': 'text/html' } };
  const { texts } = b.listen();
  await down('no ntfy server.*text/html');
  expect(b.health.some(({ state }) => state === 'connected')).toBe(false);
  b.fake.chaos.subscribe = undefined;
  await connected();
  b.fake.publish('ask', 'after');
  await until(() => expect(texts).toEqual(['after']));
});

test('rule 5: a connection that fell silent is given up, and what it missed is fetched', async () => {
  await start({ idleTimeout: 100 });
  const { texts } = b.listen();
  await connected();
  b.fake.chaos.silent = true;
  b.fake.publish('ask', 'unheard');
  await down('silent');
  b.fake.chaos.silent = false;
  await until(() => expect(texts).toEqual(['unheard']));
});

test('rule 5: keepalives and unknown events keep a quiet connection', async () => {
  await start({ idleTimeout: 4_000 });
  b.fake.keepalive = 20;
  b.listen();
  await connected();
  const [first] = streams();
  await new Promise((resolve) => setTimeout(resolve, 4_500));
  expect(streams()).toEqual([first]);
});

test('rule 6: how long a connection lasted decides how long the next wait is', async () => {
  const opened = vi.spyOn(Backoff.prototype, 'opened');
  b.listen();
  await connected();
  expect(opened).toHaveBeenCalledOnce();
  opened.mockRestore();
});

test('rule 6: cuts of every kind are survived without loss or doubles', async () => {
  const { texts } = b.listen();
  const sent: string[] = [];
  for (let round = 0; round < 30; round++) {
    await connected();
    sent.push(b.fake.publish('ask', `message ${round}`).message!);
    b.fake.drop(round % 2 === 0);
    await until(() => expect(streams().length).toBeGreaterThan(round + 1));
  }
  await until(() => expect([...texts].sort()).toEqual(sent.sort()));
});

/** Where the cursor was last kept, in seconds of the server's clock. */
const settled = () => (b.memory.get('cursor:ntfy') as { settled: number } | undefined)?.settled ?? 0;

test('rule 7: the first connection asks for nothing old, the next ones by server time with overlap, never by id', async () => {
  await start({ reconcileInterval: 20, overlap: 120 });
  b.fake.keepalive = 20;
  b.fake.skew = -100_000;
  b.fake.publish('ask', 'older than Milton', { time: b.fake.time - 60 });
  const { texts } = b.listen();
  await connected();
  const opened = b.fake.time;
  b.fake.skew += 500;
  const { time } = b.fake.publish('ask', 'settled');
  await until(() => expect(texts).toEqual(['settled']));
  await until(() => expect(settled()).toBeGreaterThanOrEqual(time));
  b.fake.drop();
  await until(() => expect(streams()).toHaveLength(2));
  expect(streams().map(({ query }) => query.get('since'))).toEqual(['none', expect.stringMatching(/^\d+$/)]);
  const since = Number(streams()[1]?.query.get('since'));
  expect(since - opened).toBeGreaterThanOrEqual(379);
  expect(since - opened).toBeLessThanOrEqual(450);
});

test('what is sent while Milton is down is found, even if it heard nothing before', async () => {
  const first = b.listen();
  await connected();
  await until(() => expect(b.memory.get('cursor:ntfy')).toBeDefined());
  first.stop();
  b.fake.publish('ask', 'meanwhile');
  expect(b.listen(await b.again()).texts).toEqual([]);
  const second = b.listen(await b.again());
  await until(() => expect(second.texts).toEqual(['meanwhile']));
});

test('rule 7: old messages of a topic or a server that are new to Milton are not run, what was missed elsewhere is', async () => {
  const first = b.listen();
  await connected();
  await until(() => expect(b.memory.get('cursor:ntfy')).toBeDefined());
  first.stop();
  b.fake.publish('codex', 'old, and for nobody');
  b.fake.publish('ask', 'meanwhile');
  b.fake.skew += 10;
  const second = b.listen(await b.again({ codexTopic: 'codex' }));
  await until(() => expect(b.fake.reads('poll').at(-1)?.path).toBe('/ask,codex/json'));
  b.fake.publish('codex', 'new');
  await until(() => expect(second.texts).toEqual(['meanwhile', 'new']));
  second.stop();

  const fake = await FakeNtfy.start();
  fake.publish('ask', 'of another server', { time: fake.time - 1 });
  const third = b.listen(await b.again({ baseUrl: fake.url }));
  await until(() => expect(fake.reads('poll').length).toBeGreaterThan(0));
  expect(fake.reads('stream')[0]?.query.get('since')).toBe('none');
  fake.publish('ask', 'new there');
  await until(() => expect(third.texts).toEqual(['new there']));
  third.stop();
  await fake.close();
});

test('rule 7: a message in work that is older than the mark is kept in mind at once', async () => {
  b.memory.set('cursor:ntfy', { first: b.fake.time - 7200, settled: b.fake.time });
  b.listen(undefined, false);
  await until(() => expect(b.fake.reads('poll').length).toBeGreaterThan(0));
  const { time } = b.fake.publish('ask', 'an upload of an hour', { time: b.fake.time - 3600 });
  await until(() => expect(settled()).toBe(time));
});

test('a store that is out is not called a server that is out', async () => {
  b.memory.get = () => {
    throw new Error('database is locked');
  };
  b.listen();
  await down(/^Milton cannot read its own store: database is locked$/);
});

test('polls that fail again and again while the connection stands are told in the log, once', async () => {
  await start({ reconcileInterval: 20 });
  b.fake.chaos.poll = { status: 500 };
  b.listen();
  const told = () => b.log.filter((line) => line.startsWith('the cache of the server cannot be read'));
  await until(() => expect(b.fake.reads('poll').length).toBeGreaterThan(12));
  await until(() => expect(told().length).toBeGreaterThan(0));
  expect(told()).toEqual([expect.stringContaining('the server failed (500')]);
  b.fake.chaos.poll = undefined;
  const { length } = b.fake.reads('poll');
  await until(() => expect(b.fake.reads('poll').length).toBeGreaterThan(length + 3));
  b.fake.chaos.poll = { status: 500 };
  await until(() => expect(told()).toHaveLength(2));
});

test('a cursor that cannot be read is tried again, one that cannot be written is no harm', async () => {
  let broken = true;
  const recall = b.memory.get.bind(b.memory);
  b.memory.get = (key) => {
    if (broken) throw new Error('disk');
    return recall(key);
  };
  b.memory.set = () => {
    throw new Error('disk');
  };
  const milton = await b.again();
  const { texts } = b.listen(milton);
  await until(() => expect(milton.log.join()).toContain('not listening'));
  broken = false;
  await until(() => expect(streams()).toHaveLength(1));
  b.fake.publish('ask', 'heard');
  await until(() => expect(texts).toEqual(['heard']));
});

test('rule 8: what the stream lost while connecting is found in the cache, once', async () => {
  const { texts } = b.listen();
  b.fake.chaos.loseLive = true;
  await until(() => expect(streams()).toHaveLength(1));
  b.fake.publish('ask', 'lost');
  b.fake.chaos.loseLive = false;
  await until(() => expect(texts).toEqual(['lost']));
});

test('rule 8: what came due while the server was out is found before the server publishes it, what is to come is not', async () => {
  await start({ reconcileInterval: 20 });
  const { texts } = b.listen();
  await connected();
  b.fake.publish('ask', 'for tomorrow', { time: b.fake.time + 60, scheduled: true });
  b.fake.publish('ask', 'overdue', { scheduled: true });
  await until(() => expect(texts).toEqual(['overdue']));
  const { length } = b.fake.reads('poll');
  await until(() => expect(b.fake.reads('poll').length).toBeGreaterThan(length + 2));
  expect(texts).toEqual(['overdue']);
});

test('rule 8: a failing reconcile holds the cursor back and is repeated', async () => {
  await start({ reconcileInterval: 50 });
  b.fake.keepalive = 20;
  b.fake.chaos.poll = { status: 500 };
  const { texts } = b.listen();
  await connected();
  await until(() => expect(b.fake.reads('poll').length).toBeGreaterThan(1));
  await until(() => expect(settled()).toBeGreaterThan(0));
  const before = settled();
  b.fake.skew += 50;
  b.fake.publish('ask', 'later');
  await until(() => expect(texts).toEqual(['later']));
  const { length } = b.fake.reads('poll');
  await until(() => expect(b.fake.reads('poll').length).toBeGreaterThan(length + 2));
  expect(settled()).toBe(before);
  b.fake.chaos.poll = undefined;
  await until(() => expect(settled()).toBeGreaterThanOrEqual(before + 50));
});

test('rule 8: in a storm that lets no connection live, the cache is read all the same and the cursor moves', async () => {
  await start({ reconcileDelay: 100, backoffMax: 0.001 });
  b.fake.skew = -1000;
  const { texts } = b.listen();
  await connected();
  await until(() => expect(settled()).toBeGreaterThan(0));
  const before = settled();
  b.fake.chaos.loseLive = true;
  b.fake.skew += 100;
  b.fake.publish('ask', 'lost by the stream');
  const storm = setInterval(() => b.fake.drop(), 10);
  try {
    await until(() => expect(texts).toEqual(['lost by the stream']));
    await until(() => expect(settled()).toBeGreaterThanOrEqual(before + 100));
  } finally {
    clearInterval(storm);
  }
  expect(streams().length).toBeGreaterThan(5);
});

test('rules 9 and 10: duplicates and a full replay deliver nothing twice', async () => {
  b.fake.chaos.copies = 3;
  b.fake.chaos.replayAll = true;
  const { texts, ids } = b.listen();
  await connected();
  for (let i = 0; i < 20; i++) b.fake.publish('ask', `message ${i}`);
  for (let i = 0; i < 5; i++) {
    const count = streams().length;
    b.fake.drop();
    await until(() => expect(streams().length).toBeGreaterThan(count));
    await connected();
  }
  await until(() => expect(texts).toHaveLength(20));
  expect(new Set(ids).size).toBe(20);
});

test('what is in work is not delivered again by a reconnect', async () => {
  const { texts } = b.listen(b, false);
  await connected();
  b.fake.publish('ask', 'in work');
  await until(() => expect(texts).toEqual(['in work']));
  b.fake.drop();
  await until(() => expect(streams()).toHaveLength(2));
  const { length } = b.fake.reads('poll');
  await until(() => expect(b.fake.reads('poll').length).toBeGreaterThan(length));
  b.fake.publish('ask', 'next');
  await until(() => expect(texts).toEqual(['in work', 'next']));
});

test('rule 13: text in base64 is decoded, an unknown encoding is not taken for text', async () => {
  const { texts } = b.listen();
  await connected();
  b.fake.publish('ask', Buffer.from('aus Bytes 🚀').toString('base64'), { encoding: 'base64' });
  b.fake.publish('ask', 'cipher', { encoding: 'unheard-of' });
  b.fake.publish('ask', 'NUL\0 and \ud800 half');
  await until(() => expect(texts).toEqual(['aus Bytes 🚀', '', 'NUL and \ufffd half']));
});

test('rule 14: several inboxes are one stream, and each message names its own', async () => {
  await start({ claudeTopic: 'for-claude', codexTopic: 'for-codex' });
  const topics: (string | undefined)[] = [];
  const subscription = b.transport.messages$.subscribe(({ message }) => topics.push(message.topic));
  await connected();
  for (const topic of ['for-codex', 'ask', 'answers', 'for-claude']) b.fake.publish(topic, 'x');
  await until(() => expect(topics).toEqual(['for-codex', 'ask', 'for-claude']));
  expect(streams().map(({ path }) => path)).toEqual(['/ask,for-claude,for-codex/json']);
  subscription.unsubscribe();
});
