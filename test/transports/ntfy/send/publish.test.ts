import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import nock from 'nock';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Notice } from '../../../../src/pipeline/message.ts';
import { JobStore } from '../../../../src/pipeline/store/job-store.ts';
import { TransportError } from '../../../../src/pipeline/transport.ts';
import { ntfy } from '../../../../src/transports/ntfy/ntfy.ts';
import type { NtfyOptions } from '../../../../src/transports/ntfy/options.ts';
import { setUp } from '../../host.ts';
import { options } from '../fixture.ts';

const SERVER = 'https://ntfy.example.com';
const TOKEN = `tk_${'s'.repeat(29)}`;
const never = new AbortController().signal;
const address = { run: 'req_abc234', key: 'k' };
const ok = { id: 'CTxqgXjFNWhd', time: 1, event: 'message', topic: 'answers' };

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  nock.abortPendingRequests();
  nock.cleanAll();
  nock.enableNetConnect();
});

async function publish(notice: Notice, more: Partial<NtfyOptions> = {}) {
  const seen: { headers: Record<string, string>; body: string; uri: string }[] = [];
  nock(SERVER)
    .post(/.*/)
    .reply(async (request: Request) => {
      const headers = Object.fromEntries(request.headers);
      seen.push({ uri: new URL(request.url).pathname, headers, body: await request.text() });
      return [200, ok];
    });
  const { transport } = await setUp(ntfy(options(SERVER, more)));
  await transport.send(notice, address, never);
  return seen[0]!;
}

async function failing(
  reply: nock.Interceptor | ((post: nock.Interceptor) => unknown),
  more: Partial<NtfyOptions> = {},
  notice: Notice = { title: 'x' },
) {
  const post = nock(SERVER).post('/answers');
  if (typeof reply === 'function') reply(post);
  const { transport, log } = await setUp(ntfy(options(SERVER, { token: TOKEN, ...more })));
  const error = await transport.send(notice, address, never).catch((caught) => caught);
  expect(error).toBeInstanceOf(TransportError);
  expect(JSON.stringify([error.message, error.hint, log])).not.toContain(TOKEN);
  return error as TransportError;
}

test('rules 21, 23 and 28: the body raw, never as JSON, all else in ASCII headers', async () => {
  const { uri, headers, body } = await publish(
    {
      title: 'Größe\r\nX-Evil: 1',
      body: 'eins\r\nzwei\u0007 🚀\n',
      click: 'https://example.com',
      tags: ['a,b'],
      kind: 'final',
    },
    { token: TOKEN },
  );
  expect(uri).toBe('/answers');
  expect(body).toBe('eins\nzwei 🚀');
  expect(headers).toMatchObject({
    authorization: `Bearer ${TOKEN}`,
    'x-title': `=?UTF-8?B?${Buffer.from('Größe X-Evil: 1').toString('base64')}?=`,
    'x-tags': 'a b,milton',
    'x-priority': '3',
    'x-click': 'https://example.com',
    'x-sequence-id': 'req_abc234',
  });
  expect(headers).not.toHaveProperty('x-evil');
  expect(headers).not.toHaveProperty('x-actions');
});

test('a notice without a body is its title', async () => {
  const { headers, body } = await publish({ title: 'Läuft' });
  expect(body).toBe('Läuft');
  expect(headers).not.toHaveProperty('x-title');
});

test('a title without a body is never cut where nobody sees it', async () => {
  const title = 'word '.repeat(100).trim();
  expect((await publish({ title })).body).toBe(title);
  expect((await publish({ title: 'x'.repeat(5000) })).body).toMatch(/^x+\n… \(cut: 1,[\d,]+ more bytes\)$/);
});

test('rule 22: progress has at most 4,000 bytes, any notice a title that fits a lock screen', async () => {
  const { headers, body } = await publish({ title: 'ü'.repeat(1000), body: '👩‍👩‍👧‍👦'.repeat(1000) });
  expect(Buffer.byteLength(body)).toBeLessThanOrEqual(4000);
  expect(body).toMatch(/^(👩‍👩‍👧‍👦)+\n… \(cut: [\d,]+ more bytes\)$/u);
  expect(headers['x-title']?.length).toBeLessThan(400);
});

test('rule 27: at most three buttons, as ASCII JSON, without a credential', async () => {
  const actions = [
    { label: 'Öffnen', url: 'https://example.com/?a="b",c' },
    { label: 'Ja', reply: 'APPROVE ü' },
    { label: '3', reply: '3' },
    { label: '4', reply: '4' },
  ];
  // What it asks first as a stranger: whether one may read the answers, and write requests.
  nock(SERVER).get('/answers/auth').reply(200, { success: true }).post('/ask').reply(200, ok);
  const { headers } = await publish({ title: 'x', actions }, { token: TOKEN });
  expect(headers['x-actions']).toMatch(/^[\x20-\x7e]*$/);
  expect(headers['x-actions']).not.toContain(TOKEN);
  expect(JSON.parse(headers['x-actions']!)).toEqual([
    { action: 'view', label: 'Öffnen', url: 'https://example.com/?a="b",c' },
    { action: 'http', label: 'Ja', url: `${SERVER}/ask`, method: 'POST', body: 'APPROVE ü', clear: true },
    { action: 'http', label: '3', url: `${SERVER}/ask`, method: 'POST', body: '3', clear: true },
  ]);
});

test.each([
  ['progress', '1', 'milton'],
  ['milestone', '2', 'milton'],
  ['reply', '2', 'milton'],
  ['final', '3', 'milton'],
  ['question', '4', 'raising_hand,milton'],
] as const)('a %s has priority %s unless it says otherwise', async (kind, priority, tags) => {
  expect((await publish({ title: 'x', kind })).headers).toMatchObject({ 'x-priority': priority, 'x-tags': tags });
  const own = await publish({ title: 'x', kind, priority: 5, tags: ['boom'] });
  expect(own.headers).toMatchObject({ 'x-priority': '5', 'x-tags': 'boom,milton' });
});

test('user and password, and a base address with a slash', async () => {
  const { uri, headers } = await publish({ title: 'x' }, { baseUrl: `${SERVER}/`, user: 'milton', password: 'pä:ss' });
  expect(uri).toBe('/answers');
  expect(headers.authorization).toBe(`Basic ${Buffer.from('milton:pä:ss').toString('base64')}`);
});

const json = (status: number, code: number, error: string) => (post: nock.Interceptor) =>
  post.reply(status, { code, http: status, error });

test.each([
  [400, 40018, false, undefined],
  [413, 41301, false, undefined],
  [401, 40101, true, 300_000],
  [403, 40301, true, 60_000],
  [404, 40401, true, 300_000],
  [405, 40599, false, undefined],
  [429, 42905, true, 60_000],
  [500, 50001, true, undefined],
  [507, 50701, true, undefined],
])('rule 24: %i/%i is retried: %s, after %s ms', async (status, code, retryable, retryAfter) => {
  const error = await failing(json(status, code, 'because'));
  expect(error).toMatchObject({
    retryable,
    retryAfter,
    message: expect.stringContaining(`${status} ${code} "because"`),
  });
});

test.each([
  [414, false],
  [431, false],
  [405, true],
  [407, true],
  [408, true],
  [425, true],
  [511, true],
])(
  'rule 24: what a proxy or a portal says with %i is a refusal only where it is about size',
  async (status, retryable) => {
    expect(await failing((post) => post.reply(status, '<html>'))).toMatchObject({ retryable });
  },
);

test.each([42901, 42908, 42909])(
  'rule 16: after 429/%i a final notice waits, and is not taken for failed',
  async (code) => {
    const error = await failing(json(429, code, 'because'), {}, { title: 'x', kind: 'final' });
    expect(error).toMatchObject({ retryable: true, paced: true });
    expect(error.retryAfter).toBeGreaterThanOrEqual(30_000);
  },
);

test.each([
  ['120', 120_000],
  ['99999999', 3_600_000],
])('rule 16: Retry-After %s is honoured', async (value, expected) => {
  const error = await failing(
    (post) => post.reply(429, '', { 'retry-after': value }),
    {},
    { title: 'x', kind: 'final' },
  );
  expect(error.retryAfter).toBeGreaterThan(expected - 5_000);
  expect(error.retryAfter).toBeLessThanOrEqual(expected);
});

test.each(['86400', new Date(Date.now() + 86_400_000).toUTCString()])(
  'a server that is out for Retry-After %s is asked again after a quarter of an hour',
  async (value) => {
    const error = await failing((post) => post.reply(503, '', { 'retry-after': value }));
    expect(error).toMatchObject({ retryable: true, paced: false, retryAfter: 900_000 });
  },
);

test.each(['Wed, 21 Oct 2015 07:28:00 GMT', 'soon'])(
  'rule 16: Retry-After %s is 30 s and a little more',
  async (value) => {
    const error = await failing(
      (post) => post.reply(429, '', { 'retry-after': value }),
      {},
      { title: 'x', kind: 'final' },
    );
    expect(error.retryAfter).toBeGreaterThan(25_000);
    expect(error.retryAfter).toBeLessThanOrEqual(45_000);
  },
);

test('rule 26: a 200 that names no message is a failure', async () => {
  for (const body of ['<html>Log in</html>', '{}', '{"id":""}', '']) {
    expect(await failing((post) => post.reply(200, body))).toMatchObject({
      retryable: true,
      message: expect.stringContaining('no ntfy server'),
    });
  }
});

test('what the network does has a short name', async () => {
  const cause = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  const error = await failing((post) => post.replyWithError(cause));
  expect(error).toMatchObject({
    retryable: true,
    message: 'ntfy did not take it: the server cannot be reached (connection refused).',
  });
});

test('rule 19: a redirect is a failure that names the right address', async () => {
  const error = await failing((post) => post.reply(308, '', { location: 'https://other.example.com/answers' }));
  expect(error.message).toContain('set NTFY_BASE_URL to that address');
  expect(error.message).toContain('https://other.example.com,');
});

test('an abort in the middle ends the request', async () => {
  nock(SERVER).post('/answers').delay(60_000).reply(200, ok);
  const { transport } = await setUp(ntfy(options(SERVER)));
  const stop = new AbortController();
  const sending = transport.send({ title: 'x' }, address, stop.signal);
  stop.abort();
  await expect(sending).rejects.toMatchObject({ retryable: true, message: 'Stopped before ntfy had answered.' });
});

test('sending needs no job store, since `milton send` must not open the one a daemon holds', async () => {
  nock(SERVER).post('/ask').reply(200, ok);
  const { transport, close } = await setUp(ntfy(options(SERVER)), undefined, new Set([JobStore]));
  await transport.submit?.('CODE: x', never);
  await close();
});

test('submit sends the bare text to the inbox', async () => {
  const { transport } = await setUp(ntfy(options(SERVER)));
  let headers: Record<string, string> = {};
  nock(SERVER)
    .post('/ask', 'CODE: größer')
    .reply((request: Request) => {
      headers = Object.fromEntries(request.headers);
      return [200, ok];
    });
  expect(await transport.submit?.('CODE: größer', never)).toBe(`ntfy:${ok.id}`);
  expect(headers).not.toHaveProperty('x-tags');
});

describe('rule 29: answers can be fetched later, and hold no secret', () => {
  const secret = `tk_${'C4nary'.repeat(5).slice(0, 29)}`;
  const long = 'An answer. '.repeat(800);
  const failures: [string, (post: nock.Interceptor) => unknown][] = [
    ...[302, 400, 401, 403, 404, 405, 413, 429, 431, 500, 502, 503].map((status): (typeof failures)[number] => [
      `a ${status} that repeats what it was sent`,
      (post) =>
        post.reply(async function (this: unknown, request: Request) {
          const sent = [...request.headers].map((pair) => pair.join(': ')).join('; ');
          const headers = { location: `https://x.example/?auth=${encodeURIComponent(sent)}` };
          return [status, { code: status * 100, http: status, error: sent.slice(0, 150) }, headers];
        }),
    ]),
    ['a page', (post) => post.reply(200, '<html>')],
    ['a reset', (post) => post.replyWithError(Object.assign(new Error('reset'), { code: 'ECONNRESET' }))],
    ['an error that quotes the request', (post) => post.replyWithError(new Error(`bad header: Bearer ${secret}`))],
  ];

  test.each(failures)('after %s', async (_name, answer) => {
    for (const method of ['post', 'put'] as const) answer(nock(SERVER).persist()[method]('/answers'));
    const { transport, log } = await setUp(ntfy(options(SERVER, { token: secret })));
    const actions = [{ label: 'Again', reply: 'RETRY' }];
    for (const kind of ['progress', 'final'] as const) {
      const error = await transport.send({ title: 'x', body: long, actions, kind }, address, never).catch((e) => e);
      expect(error).toBeInstanceOf(TransportError);
      expect(JSON.stringify([error.message, error.hint, log])).not.toContain(secret.slice(3));
    }
  });

  test('no request forbids the cache or has a credential anywhere but in its own header', async () => {
    const requests: { uri: string; headers: [string, string][]; body: string }[] = [];
    const keep = async (request: Request) => {
      requests.push({ uri: request.url, headers: [...request.headers], body: await request.text() });
      return [requests.length === 1 ? 400 : 200, requests.length === 1 ? { code: 40014, http: 400, error: 'x' } : ok];
    };
    nock(SERVER).persist().put('/answers').reply(keep);
    nock(SERVER).persist().post('/answers').reply(keep);
    const { transport } = await setUp(ntfy(options(SERVER, { token: secret })));
    const actions = [{ label: 'Again', reply: 'RETRY' }];
    for (const kind of ['final', 'question', 'progress'] as const)
      await transport.send({ title: 'x', body: long, actions, kind }, address, never);
    expect(requests.length).toBeGreaterThan(5);
    for (const { uri, headers, body } of requests) {
      const others = headers.filter(([name]) => name !== 'authorization');
      expect(JSON.stringify([uri, others, body])).not.toContain(secret.slice(3));
      expect(headers.map(([name]) => name)).not.toContain('x-cache');
      expect(headers.map(([name]) => name)).not.toContain('cache');
    }
  });
});

test('T4: rule 22: a public server gets a file only where strangers cannot read it', async () => {
  const long = 'An answer. '.repeat(800);
  const methods = async (more: Partial<NtfyOptions>, mayRead = false) => {
    const seen: string[] = [];
    const forbidden = { code: 40301, http: 403, error: 'forbidden' };
    nock(SERVER)
      .persist()
      .get('/answers/auth')
      .reply(() => (mayRead ? [200, { success: true }] : [403, forbidden]));
    const keep = (method: string) => () => {
      seen.push(method);
      return [200, ok] as nock.ReplyFnResult;
    };
    nock(SERVER).persist().put('/answers').reply(keep('PUT'));
    nock(SERVER).persist().post('/answers').reply(keep('POST'));
    const { transport } = await setUp(ntfy(options(SERVER, more)));
    await transport.send({ title: 'x', body: long, kind: 'final' }, address, never);
    nock.cleanAll();
    return seen;
  };
  expect(await methods({})).toEqual(['POST', 'POST', 'POST']);
  expect(await methods({ token: TOKEN })).toEqual(['PUT']);
  expect(await methods({ token: TOKEN }, true)).toEqual(['POST', 'POST', 'POST']);
  expect(await methods({ token: TOKEN, privacy: 'summary' })).toEqual(['POST', 'POST', 'POST']);
  expect(await methods({ privacy: 'full' })).toEqual(['PUT']);
  expect(await methods({ attachments: true })).toEqual(['PUT']);
});

describe('rule 24: 15 s for an answer, headers and body', () => {
  // A hundredth of the time, so that nobody waits for it.
  beforeEach(() => {
    const real = setTimeout;
    const short = (work: () => void, ms = 0) => real(work, ms === 15_000 ? ms / 100 : ms);
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(short as typeof setTimeout);
    nock.enableNetConnect('127.0.0.1');
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });

  test.each<[string, (response: ServerResponse) => void]>([
    ['nothing', () => {}],
    ['headers, and then nothing', (response) => response.writeHead(200).flushHeaders()],
    ['half an answer', (response) => response.writeHead(200).write('{"id":')],
    ['an error, and then nothing', (response) => response.writeHead(500).flushHeaders()],
    [
      'a body without an end',
      (response) => {
        response.writeHead(200);
        const timer = setInterval(() => response.write(' '), 5);
        response.on('close', () => clearInterval(timer));
      },
    ],
  ])('a server that sends %s is given up', async (_what, answer) => {
    const server = createServer((_request, response) => answer(response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { transport } = await setUp(ntfy(options(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)));
      const began = performance.now();
      await expect(transport.send({ title: 'x' }, address, never)).rejects.toMatchObject({
        retryable: true,
        message: 'ntfy did not answer within 15 s.',
      });
      expect(performance.now() - began).toBeGreaterThan(140);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
