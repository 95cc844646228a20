import nock from 'nock';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Notice } from '../../../src/pipeline/message.ts';
import { JobStore } from '../../../src/pipeline/store/job-store.ts';
import { TransportError } from '../../../src/pipeline/transport.ts';
import { ntfy } from '../../../src/transports/ntfy/ntfy.ts';
import type { NtfyOptions } from '../../../src/transports/ntfy/options.ts';
import { setUp } from '../host.ts';
import { options } from './fixture.ts';

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
) {
  const post = nock(SERVER).post('/answers');
  if (typeof reply === 'function') reply(post);
  const { transport, log } = await setUp(ntfy(options(SERVER, { token: TOKEN, ...more })));
  const error = await transport.send({ title: 'x' }, address, never).catch((caught) => caught);
  expect(error).toBeInstanceOf(TransportError);
  expect(JSON.stringify([error.message, error.hint, log])).not.toContain(TOKEN);
  return error as TransportError;
}

test('rules 21 and 28: the body raw, all else in ASCII headers', async () => {
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

test('rule 22: at most 4,000 bytes, and a title that fits a lock screen', async () => {
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
  [429, 42901, true, 30_000],
  [429, 42905, true, 60_000],
  [429, 42909, true, 60_000],
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

test('rule 25: the daily quota is waited for until midnight UTC', async () => {
  const { retryAfter } = await failing(json(429, 42908, 'limit reached: daily message quota reached'));
  const at = new Date(Date.now() + retryAfter!);
  expect([at.getUTCHours() * 60 + at.getUTCMinutes()]).toEqual([0]);
});

test.each([
  ['120', 120_000],
  ['99999999', 86_400_000],
  ['Wed, 21 Oct 2015 07:28:00 GMT', 0],
  ['soon', 60_000],
])('rule 16: Retry-After %s is honoured', async (value, expected) => {
  const error = await failing((post) => post.reply(429, '', { 'retry-after': value }));
  expect(error.retryAfter).toBe(expected);
});

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
  await expect(sending).rejects.toMatchObject({ retryable: true, message: 'Nothing was sent to ntfy: stopped.' });
});

test('sending needs no job store, since `milton send` must not open the one a daemon holds', async () => {
  nock(SERVER).post('/ask').reply(200, ok);
  const { transport, close } = await setUp(ntfy(options(SERVER)), undefined, new Set([JobStore]));
  await transport.submit?.('CODE: x', never);
  await close();
});

test('submit sends the bare text to the inbox, and refuses what the server would make a file of', async () => {
  const { transport } = await setUp(ntfy(options(SERVER)));
  let headers: Record<string, string> = {};
  nock(SERVER)
    .post('/ask', 'CODE: größer')
    .reply((request: Request) => {
      headers = Object.fromEntries(request.headers);
      return [200, ok];
    });
  await transport.submit?.('CODE: größer', never);
  expect(headers).not.toHaveProperty('x-tags');
  await expect(transport.submit?.('ü'.repeat(2048), never)).rejects.toMatchObject({
    retryable: false,
    message: expect.stringContaining('4096 bytes'),
  });
});
