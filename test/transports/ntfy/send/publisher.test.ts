import { afterEach, describe, expect, test } from 'vitest';
import type { Notice } from '../../../../src/pipeline/message.ts';
import type { KeyedNotice } from '../../../../src/pipeline/store/job-store.ts';
import { TransportError } from '../../../../src/pipeline/transport.ts';
import { memoryLogger } from '../../../../src/testing/memory-logger.ts';
import { ntfyOptions } from '../../../../src/transports/ntfy/options.ts';
import { buttonMaker } from '../../../../src/transports/ntfy/send/buttons.ts';
import { publisher } from '../../../../src/transports/ntfy/send/publisher.ts';
import { Allowance } from '../../../../src/transports/ntfy/server/allowance.ts';
import { ntfyApi } from '../../../../src/transports/ntfy/server/api.ts';
import { KeptBudget } from '../../../../src/transports/ntfy/server/kept-budget.ts';
import { type Chaos, FakeNtfy, type Reply } from '../../../support/fake-ntfy.ts';
import { options } from '../fixture.ts';

const never = new AbortController().signal;
const address = { run: 'req_abc234', key: 'final' };
const NOON = Date.UTC(2026, 10, 23, 12);
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

type More = Parameters<typeof options>[1];

async function made(more: More = {}, memory = new Map<string, unknown>(), overheard = false) {
  const fake = await FakeNtfy.start();
  ends.push(() => fake.close());
  return { fake, ...over(fake, more, memory, overheard) };
}

/** A publisher with a clock of its own over a server. */
function over(fake: FakeNtfy, more: More = {}, memory = new Map<string, unknown>(), overheard = false) {
  const time = { now: NOON };
  const parsed = ntfyOptions.parse(options(fake.url, more));
  const log: Parameters<typeof memoryLogger>[0] = [];
  const announced: KeyedNotice[] = [];
  const logger = memoryLogger(log);
  const now = () => time.now;
  const allowance = new Allowance(parsed, now, () => 0);
  const store = {
    recall: async (key: string) => memory.get(key) as never,
    remember: async (key: string, value: unknown) => void memory.set(key, value),
  };
  const budget = new KeptBudget(allowance, () => store, 'budget:ntfy', logger);
  const requests: { method: string; headers: Record<string, string>; body: string }[] = [];
  const replies: (Reply | Error | 'cut' | undefined)[] = [];
  const metered: typeof fetch = async (url, init) => {
    requests.push({
      method: init?.method ?? 'GET',
      headers: { ...(init?.headers as object) },
      body: String(init?.body),
    });
    const reply = replies.shift();
    if (reply instanceof Error) throw reply;
    (fake.chaos as Chaos).publish = reply;
    return await fetch(url, init);
  };
  const api = ntfyApi(metered, parsed, allowance);
  const send = publisher({
    api,
    overheard: async () => overheard,
    options: parsed,
    allowance,
    budget,
    buttons: buttonMaker({ options: parsed, keys: () => ({ signing: [] }), strangers: undefined, now }),
    announce: (notice) => void announced.push(notice),
    now,
    logger,
  });
  const tell = (notice: Partial<Notice>, at = address) => send({ title: 'T', ...notice }, at, never);
  const refusal = (notice: Partial<Notice>, at = address) =>
    tell(notice, at).then(
      () => undefined,
      (error) => {
        expect(error).toBeInstanceOf(TransportError);
        return error as TransportError;
      },
    );
  return { time, allowance, budget, requests, replies, send, tell, refusal, announced, log };
}

const long = `${'Zeile mit ß und 👩‍👩‍👧‍👦.\n'.repeat(250)}Ende.`;
const json = (status: number, code: number): Reply => ({
  status,
  body: JSON.stringify({ code, http: status, error: 'because' }),
});
const word = (value = '') => Buffer.from(/^=\?UTF-8\?B\?(.*)\?=$/.exec(value)?.[1] ?? '', 'base64').toString();

describe('rule 22: a long text', () => {
  test('of a result, a reply or a question goes along as a file, with its beginning as the message', async () => {
    for (const kind of ['final', 'reply', 'question'] as const) {
      const { tell, requests, fake } = await made();
      await tell({ kind, title: 'Größe', body: long, actions: [{ label: 'Ja', reply: 'JA' }], tags: ['tada'] });
      expect(requests).toHaveLength(1);
      const { method, headers, body } = requests[0]!;
      expect([method, headers['x-filename']]).toEqual(['PUT', 'answer.md']);
      expect(body).toBe(`Größe\n\n${long}\n`);
      const summary = word(headers['x-message']);
      expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(1500);
      const [shown, mark] = [summary.slice(0, summary.lastIndexOf('\n')), summary.slice(summary.lastIndexOf('\n'))];
      expect(long.startsWith(shown)).toBe(true);
      expect(mark).toMatch(/^\n… \([\d,]+ bytes: attached for some hours, kept on the machine\)$/);
      expect(headers).toMatchObject({ 'x-tags': 'tada,milton', 'x-actions': expect.stringContaining('JA') });
      expect(fake.cache[0]?.attachment).toMatchObject({ name: 'answer.md' });
    }
  });

  test('of progress or a milestone is cut', async () => {
    for (const kind of ['progress', 'milestone'] as const) {
      const { tell, requests } = await made();
      await tell({ kind, body: long });
      expect(requests.map(({ method }) => method)).toEqual(['POST']);
      expect(requests[0]?.body).toMatch(/\n… \(cut: [\d,]+ more bytes\)$/);
    }
  });

  test.each([
    ['a server that keeps no files', json(400, 40014)],
    ['a file too large for the server', json(413, 41301)],
    ['a proxy that takes nothing so large', { status: 413, body: '<html>' }],
    ['a proxy that refuses it without a word', { status: 400 }],
    ['a bandwidth that is used up', json(429, 42905)],
  ])('goes in numbered parts after %s, and no other file is tried', async (_why, reply) => {
    const { tell, requests, replies, log } = await made();
    replies.push(reply);
    await tell({ kind: 'final', title: 'T', body: long, actions: [{ label: 'Again', reply: 'RETRY' }], priority: 4 });
    const parts = requests.slice(1);
    expect(parts.map(({ headers }) => headers['x-title'])).toEqual(['(1/3) T', '(2/3) T', '(3/3) T']);
    expect(parts.map(({ body }) => body).join('\n')).toBe(long);
    for (const { body, method } of parts) {
      expect(method).toBe('POST');
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(4000);
    }
    expect(parts.map(({ headers }) => headers['x-priority'])).toEqual(['2', '2', '4']);
    expect(parts.map(({ headers }) => 'x-actions' in headers)).toEqual([false, false, true]);
    // Newer notices of the run take the place of older ones, but a part never that of another.
    expect(parts.map(({ headers }) => headers['x-sequence-id'])).toEqual([
      'req_abc234-1',
      'req_abc234-2',
      'req_abc234',
    ]);
    expect(log.filter(({ level }) => level === 'info')).toHaveLength(1);
    await tell({ kind: 'final', body: long }, { run: 'req_other2', key: 'final' });
    expect(requests.slice(4).map(({ method }) => method)).toEqual(['POST', 'POST', 'POST']);
  });

  test('may be a file again once a full server has had time', async () => {
    const { tell, requests, replies, time } = await made();
    replies.push(json(413, 41301));
    await tell({ kind: 'final', body: long });
    time.now += 3 * 3_600_000;
    await tell({ kind: 'final', body: long });
    expect(requests.at(-1)?.method).toBe('PUT');
  });

  test('parts that are out are not sent again when a later one fails', async () => {
    const { tell, refusal, requests, replies } = await made({ attachments: false });
    replies.push(undefined, { status: 503 });
    expect(await refusal({ kind: 'final', body: long })).toMatchObject({ retryable: true, paced: false });
    await tell({ kind: 'final', body: long });
    const titles = requests.map(({ headers }) => headers['x-title']?.slice(0, 5));
    expect(titles).toEqual(['(1/3)', '(2/3)', '(2/3)', '(3/3)']);
    // Arrived as a whole, it is another text.
    await tell({ kind: 'final', body: long });
    expect(requests).toHaveLength(7);
  });

  test('goes in parts where files alone fail again and again', async () => {
    const { tell, refusal, requests, replies } = await made();
    replies.push({ status: 500 }, { status: 500 });
    expect(await refusal({ kind: 'final', body: long })).toMatchObject({ retryable: true });
    expect(await refusal({ kind: 'final', body: long })).toMatchObject({ retryable: true });
    await tell({ kind: 'final', body: long });
    expect(requests.map(({ method }) => method)).toEqual(['PUT', 'PUT', 'POST', 'POST', 'POST']);
  });

  test('goes in parts where the connection is cut over files again and again', async () => {
    const { tell, refusal, requests, replies } = await made();
    replies.push('cut', 'cut');
    for (let i = 0; i < 2; i++) expect(await refusal({ kind: 'final', body: long })).toMatchObject({ retryable: true });
    await tell({ kind: 'final', body: long });
    expect(requests.map(({ method }) => method)).toEqual(['PUT', 'PUT', 'POST', 'POST', 'POST']);
  });

  const failed = (cause: object) => Object.assign(new TypeError('fetch failed'), { cause });
  test.each<[string, Reply | Error]>([
    ['a server that is not there', failed({ code: 'ECONNREFUSED', syscall: 'connect' })],
    ['a network that is not there', failed({ code: 'ENETUNREACH', syscall: 'connect' })],
    ['a connection that never stood', failed({ code: 'ECONNRESET', syscall: 'connect' })],
    ['no answer', failed({ code: 'UND_ERR_CONNECT_TIMEOUT' })],
    ['a pause of the network', failed({ code: 'ETIMEDOUT', syscall: 'read' })],
    ['a hotel’s page', { status: 200, body: '<html>' }],
    ['a login of a proxy', { status: 407 }],
    ['too many requests', json(429, 42901)],
  ])('is still a file after %s, as often as that happens', async (_why, reply) => {
    const { tell, refusal, requests, replies, time } = await made();
    for (let i = 0; i < 5; i++) {
      replies.push(reply);
      expect(await refusal({ kind: 'final', body: long })).toMatchObject({ retryable: true });
      time.now += 3_600_000;
    }
    await tell({ kind: 'final', body: long });
    expect(requests.map(({ method }) => method)).toEqual(Array.from({ length: 6 }, () => 'PUT'));
  });

  test('is a file again after Milton itself cut it off', async () => {
    const { send, requests } = await made();
    for (let i = 0; i < 3; i++) {
      const cut = AbortSignal.abort(new DOMException('', 'TimeoutError'));
      const sending = send({ title: 'T', kind: 'final', body: long }, address, cut);
      await expect(sending).rejects.toMatchObject({ retryable: true, message: 'ntfy was too slow.' });
    }
    await send({ title: 'T', kind: 'final', body: long }, address, never);
    expect(requests.at(-1)?.method).toBe('PUT');
  });

  test('in parts is at most so many, and of one part without a number', async () => {
    const { tell, requests } = await made({ attachments: false, parts: 2 });
    await tell({ kind: 'final', body: long });
    expect(requests).toHaveLength(2);
    expect(requests[1]?.body).toMatch(/^… \([\d,]+ bytes left out\) …\nZeile[\s\S]*\nEnde\.$/);
    const one = await made({ attachments: false, parts: 1 });
    await one.tell({ kind: 'final', body: long });
    expect(one.requests.map(({ headers }) => headers['x-title'])).toEqual(['T']);
  });

  test('of no Latin letters has its end, though there are more bytes than parts', async () => {
    const { tell, requests } = await made({ attachments: false });
    await tell({ kind: 'final', body: `${'Привет, мир. '.repeat(900)}КОНЕЦ` });
    expect(requests).toHaveLength(4);
    expect(requests[3]?.body).toMatch(/^… \([\d,]+ bytes left out\) …\n[\s\S]*КОНЕЦ$/);
    for (const { body } of requests) expect(Buffer.byteLength(body)).toBeLessThanOrEqual(4000);
  });

  test('is one message with its end where little is left of the day, unless parts of it are out', async () => {
    const { tell, refusal, requests, replies, allowance } = await made({ attachments: false });
    for (let i = 0; i < 223; i++) allowance.sent('final', 'other');
    replies.push(undefined, undefined, { status: 503 });
    expect(await refusal({ kind: 'final', body: long })).toMatchObject({ retryable: true });
    await tell({ kind: 'final', body: long });
    expect(requests.map(({ headers }) => headers['x-title'])).toEqual(['(1/3) T', '(2/3) T', '(3/3) T', '(3/3) T']);
    await tell({ kind: 'final', body: long, actions: [{ label: 'Again', reply: 'RETRY' }] }, { ...address, run: 'b' });
    expect(requests).toHaveLength(5);
    const { headers, body } = requests[4]!;
    expect(headers).toMatchObject({ 'x-title': 'T', 'x-actions': expect.stringContaining('RETRY') });
    expect(body).toMatch(/^Zeile[\s\S]*\n… \([\d,]+ bytes left out\) …\n[\s\S]*Ende\.$/);
  });

  test('T4: is a file where strangers cannot read it, unless told otherwise', async () => {
    const first = async (more: More, overheard = false) => {
      const { tell, requests } = await made(more, undefined, overheard);
      await tell({ kind: 'final', body: long });
      return requests[0]?.method;
    };
    expect(await first({})).toBe('PUT');
    expect(await first({ attachments: false })).toBe('POST');
    expect(await first({}, true)).toBe('POST');
    expect(await first({ attachments: true }, true)).toBe('PUT');
  });

  test('of 4,000 bytes is one message, of 4,001 it is not', async () => {
    const { tell, requests } = await made();
    await tell({ kind: 'final', body: 'ü'.repeat(2000) });
    await tell({ kind: 'final', body: `${'ü'.repeat(2000)}x` });
    expect(requests.map(({ method }) => method)).toEqual(['POST', 'PUT']);
  });
});

describe('a notice the server refuses', () => {
  const rich: Partial<Notice> = {
    title: '❌ [req_abc234] Größe',
    body: 'ü'.repeat(1500),
    tags: ['bad tag'],
    click: 'x',
    actions: [
      { label: 'Nochmal', reply: 'RETRY req_abc234' },
      { label: 'Log', url: 'https://example.com/log' },
    ],
  };

  test.each([
    ['final', json(400, 40018)],
    ['question', json(400, 40049)],
    ['reply', { status: 413, body: '' }],
  ] as const)('of kind %s goes once more in its plainest form', async (kind, reply) => {
    const { tell, requests, replies } = await made();
    replies.push(reply);
    await tell({ ...rich, kind, priority: 5 });
    expect(requests).toHaveLength(2);
    const { headers, body } = requests[1]!;
    expect(headers).toEqual({ 'x-title': '[req_abc234] Groe', 'x-priority': '5', 'x-tags': 'milton' });
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(1000);
    expect(body).toMatch(/more bytes\)\nNochmal: send RETRY req_abc234\nLog: https:\/\/example\.com\/log$/);
  });

  test.each([403, 404, 405, 406])(
    'by something before the server (%i) goes once more in its plainest form, then slowly and for itself',
    async (status) => {
      const { tell, refusal, requests, replies, allowance } = await made();
      replies.push({ status, body: '<html>Request blocked' });
      await tell({ ...rich, kind: 'final' });
      expect(requests[1]?.headers).toEqual({ 'x-title': '[req_abc234] Groe', 'x-priority': '3', 'x-tags': 'milton' });
      replies.push({ status, body: '' }, { status, body: '' });
      const error = await refusal({ ...rich, kind: 'final' });
      expect(error).toMatchObject({ retryable: true, paced: false, alone: true, retryAfter: 300_000 });
      expect(requests).toHaveLength(4);
      expect(allowance.pause).toBe(0);
    },
  );

  test('by something before the server because of its file goes in parts', async () => {
    const { tell, requests, replies } = await made();
    replies.push({ status: 403, body: '<html>' });
    await tell({ kind: 'final', body: long });
    expect(requests.map(({ method }) => method)).toEqual(['PUT', 'POST', 'POST', 'POST']);
    // Another may go along as a file.
    await tell({ kind: 'final', body: `${long}!` });
    expect(requests.at(-1)?.method).toBe('PUT');
  });

  test('because of the rights to the topic is not tried in another form', async () => {
    const { refusal, requests, replies } = await made();
    replies.push(json(403, 40301));
    expect(await refusal({ ...rich, kind: 'final' })).toMatchObject({ retryable: true, alone: false });
    expect(requests).toHaveLength(1);
  });

  test('is refused for good only when that is refused as well', async () => {
    const { refusal, requests, replies } = await made();
    replies.push(json(400, 40018), json(400, 40010));
    expect(await refusal({ ...rich, kind: 'final' })).toMatchObject({ retryable: false, paced: false });
    expect(requests).toHaveLength(2);
  });

  test('and is only progress is left alone', async () => {
    for (const kind of ['progress', 'milestone'] as const) {
      const { refusal, requests, replies } = await made();
      replies.push(json(400, 40018));
      expect(await refusal({ ...rich, kind })).toMatchObject({ retryable: false });
      expect(requests).toHaveLength(1);
    }
  });

  test('of nothing but emoji still has a title', async () => {
    const { tell, requests, replies } = await made();
    replies.push(json(400, 40018));
    await tell({ title: '🚀🚀', kind: 'final' });
    expect(requests[1]).toMatchObject({ headers: { 'x-title': 'Milton' }, body: '🚀🚀' });
  });
});

describe('rule 28: the sequence id', () => {
  test('is one for all notices of a run but its questions, which nothing else may hide', async () => {
    const { tell, requests } = await made();
    await tell({ kind: 'milestone' }, { run: 'req_a', key: 'm' });
    await tell({ kind: 'question' }, { run: 'req_a', key: 'q1' });
    await tell({ kind: 'question' }, { run: 'req_a', key: 'q2' });
    await tell({ kind: 'question' }, { run: 'req_a', key: 'q1' });
    await tell({ kind: 'final' }, { run: 'req_a', key: 'final' });
    const [milestone, one, two, again, final] = requests.map(({ headers }) => headers['x-sequence-id']);
    expect([milestone, final]).toEqual(['req_a', 'req_a']);
    expect(one).toMatch(/^req_a-[0-9a-f]{8}$/);
    expect(two).toMatch(/^req_a-[0-9a-f]{8}$/);
    expect(new Set([milestone, one, two]).size).toBe(3);
    expect(again).toBe(one);
  });

  test('is left out where ntfy would refuse it', async () => {
    const { tell, requests } = await made();
    await tell({ kind: 'final' }, { run: 'a b', key: 'k' });
    await tell({ kind: 'final' }, { run: 'x'.repeat(65), key: 'k' });
    for (const { headers } of requests) expect(headers).not.toHaveProperty('x-sequence-id');
  });
});

describe('rule 25: within the allowance', () => {
  test('progress that comes too often waits, and too much of it is left out', async () => {
    const { tell, refusal, time, requests } = await made({ progressLimit: 2 });
    await tell({ kind: 'progress' });
    expect(await refusal({ kind: 'progress' })).toMatchObject({ retryable: true, paced: true, retryAfter: 60_000 });
    time.now += 60_000;
    await tell({ kind: 'progress' });
    time.now += 60_000;
    expect(await refusal({ kind: 'progress' })).toMatchObject({ retryable: false, paced: true });
    expect(requests).toHaveLength(2);
  });

  test('a first "too many requests" is no failure of the notice; nothing goes out until the pause is over', async () => {
    const { tell, refusal, replies, requests, time, log } = await made();
    replies.push(json(429, 42901));
    expect(await refusal({ kind: 'final' })).toMatchObject({ retryable: true, paced: true, retryAfter: 30_000 });
    expect(await refusal({ kind: 'progress' })).toMatchObject({ retryable: false, paced: true });
    expect(await refusal({ kind: 'reply' })).toMatchObject({ retryable: true, paced: true });
    expect(requests).toHaveLength(1);
    expect(log.filter(({ level }) => level === 'warn')).toHaveLength(1);
    time.now += 30_000;
    await tell({ kind: 'final' });
  });

  test('42908: progress, milestones and replies are left out until 00:00 UTC, results and questions wait', async () => {
    const { tell, refusal, replies, requests, time, announced } = await made();
    replies.push(json(429, 42908));
    const wait = 12 * 3_600_000 + 30_000;
    expect(await refusal({ kind: 'final' })).toMatchObject({ retryable: true, paced: true, retryAfter: wait });
    expect(await refusal({ kind: 'question' })).toMatchObject({ retryable: true, paced: true, retryAfter: wait });
    expect(announced).toEqual([]);
    for (const kind of ['progress', 'milestone', 'reply', 'milestone'] as const)
      expect(await refusal({ kind })).toMatchObject({ retryable: false, paced: true });
    expect(requests).toHaveLength(1);
    expect(announced).toEqual([
      { key: 'budget-2026-11-23', notice: expect.objectContaining({ title: 'Notices of 2026-11-23 were left out' }) },
    ]);
    time.now += wait;
    await tell({ kind: 'final' });
  });

  test('the phone is told once a day that only results and questions are sent', async () => {
    const { tell, refusal, time, announced } = await made({ dailyMessages: 10, burst: 10, refill: 1 });
    for (let day = 0; day < 2; day++) {
      for (let i = 0; i < 9; i++) {
        await tell({ kind: 'final' });
        time.now += 10;
      }
      for (let i = 0; i < 3; i++) expect(await refusal({ kind: 'milestone' })).toMatchObject({ retryable: false });
      await tell({ kind: 'final' });
      expect(await refusal({ kind: 'final' })).toMatchObject({ retryable: true, paced: true });
      time.now += 24 * 3_600_000;
    }
    expect(announced).toMatchObject([
      {
        key: 'budget-2026-11-23',
        notice: { title: 'Milton has sent 9 of its 10 messages of today', kind: 'final' },
      },
      { key: 'budget-2026-11-24' },
    ]);
    expect(announced[0]?.notice.body).toBe('Until 00:00 UTC only results and questions are sent.');
  });

  test('the count of the day is kept over a restart', async () => {
    const memory = new Map<string, unknown>();
    const { tell, budget, fake } = await made({ dailyMessages: 60 }, memory);
    for (let i = 0; i < 3; i++) await tell({ kind: 'final' });
    await budget.flush();
    expect(memory.get('budget:ntfy')).toEqual([{ day: '2026-11-23', sent: 3 }]);
    const later = over(fake, { dailyMessages: 60 }, memory);
    await later.tell({ kind: 'final' });
    expect(later.allowance.today.sent).toBe(4);
  });

  test('a store that is out keeps nobody from sending, and the count is made up for later', async () => {
    const memory = new Map<string, unknown>([['budget:ntfy', [{ day: '2026-11-23', sent: 100 }]]]);
    let out = true;
    const recall = memory.get.bind(memory);
    memory.get = (key) => {
      if (out) throw new Error('disk full');
      return recall(key);
    };
    const { tell, allowance, budget } = await made({}, memory);
    await tell({ kind: 'final' });
    await budget.flush();
    out = false;
    await tell({ kind: 'final' });
    expect(allowance.today.sent).toBe(102);
    await budget.flush();
    expect(memory.get('budget:ntfy')).toEqual([{ day: '2026-11-23', sent: 102 }]);
  });

  test('what another program left under the key is ignored', async () => {
    const { tell, allowance } = await made({}, new Map([['budget:ntfy', [{ day: 7 }]]]));
    await tell({ kind: 'final' });
    expect(allowance.today.sent).toBe(1);
  });
});

test('rule 23: nothing is published as JSON, however long it is and whatever was refused', async () => {
  for (const noFiles of [false, true]) {
    const { tell, fake, replies } = await made();
    fake.chaos.noFiles = noFiles;
    for (const kind of ['progress', 'final', 'question'] as const) await tell({ kind, body: long });
    replies.push(json(400, 40018));
    await tell({ kind: 'reply', body: 'x' });
    for (const { path, headers } of fake.requests) {
      expect(path).toBe('/answers');
      expect(headers['content-type'] ?? 'text/plain').toMatch(/^text\/plain/);
    }
    expect(fake.cache.map(({ message }) => message).join()).not.toContain('You received a file');
  }
});
