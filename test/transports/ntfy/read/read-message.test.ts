import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { firstValueFrom, isObservable, of } from 'rxjs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { cleaner } from '../../../../src/pipeline/services/clean.ts';
import { createRedactor } from '../../../../src/pipeline/services/redact.ts';
import type { Logger } from '../../../../src/pipeline/services.ts';
import type { KeyedNotice } from '../../../../src/pipeline/store/job-store.ts';
import { messageReader, type ReaderParts, type Reading } from '../../../../src/transports/ntfy/read/read-message.ts';
import type { NtfyEvent } from '../../../../src/transports/ntfy/server/events.ts';
import { parseEvent } from '../../../../src/transports/ntfy/server/events.ts';
import { FakeNtfy, type Reply } from '../../../support/fake-ntfy.ts';
import { until } from '../fixture.ts';

const LONG = `CODE: Größe 🚀\n${'x'.repeat(8_000)}`;
let fake: FakeNtfy;
let log: string[];
let parts: ReaderParts;
let announced: KeyedNotice[];

beforeEach(async () => {
  fake = await FakeNtfy.start();
  log = [];
  const write = (message: string, meta?: object) => void log.push(`${message} ${JSON.stringify(meta ?? {})}`);
  const logger: Logger = { debug: write, info: write, warn: write, error: write, child: () => logger };
  const options = { baseUrl: fake.url, longestText: 20_000, backoffMax: 0.02 };
  announced = [];
  const clean = cleaner(createRedactor([]));
  const announce = (notice: KeyedNotice) => void announced.push(notice);
  parts = { fetch, options, logger, clean, announce, now: () => Date.now() };
});
afterEach(() => fake.close());

/** What Milton makes of an event that crossed the wire. */
const read = (event: object, changed: Partial<ReaderParts> = {}): Promise<Reading> =>
  firstValueFrom(observe(messageReader({ ...parts, ...changed }))(wire(event)));
const observe = (reader: ReturnType<typeof messageReader>) => (event: NtfyEvent) => {
  const reading = reader(event);
  return isObservable(reading) ? reading : of(reading);
};
const wire = (event: object) => parseEvent(JSON.stringify(event)) as NtfyEvent;
const unread = (name: string, why: string | RegExp) => ({
  text: '',
  unread: [{ name, why: expect.stringMatching(why) as string }],
});

test('rule 12: a long text is read from its file, and nothing goes along', async () => {
  const event = fake.publishFile('ask', LONG);
  expect(await read(event)).toEqual({ text: LONG });
  expect(fake.downloads).toHaveLength(1);
  expect(fake.downloads[0]?.headers.authorization).toBeUndefined();
});

test.each([
  ['attachment.csv', 'text/csv'],
  ['attachment.py', 'text/x-python'],
  ['attachment.txt', 'application/json'],
  ['attachment.txt', undefined],
])('rule 12: whatever the server takes a text for, it is read: %s, %s', async (name, type) => {
  expect(await read(fake.publishFile('ask', LONG, { name, type }))).toEqual({ text: LONG });
});

test('rule 12: bytes that are no UTF-8 and NUL do not get through', async () => {
  const content = Buffer.concat([Buffer.from('a\0b '), Buffer.from([0xff, 0xc3]), Buffer.from(' c')]);
  expect(await read(fake.publishFile('ask', content))).toEqual({ text: 'ab \ufffd\ufffd c' });
});

test.each([
  ['IMG_1.png', 'image/png', 'it is no text'],
  ['notes.md', 'text/plain; charset=utf-8', 'it was sent as a file, not as a message'],
  ['attachment.bin', 'application/octet-stream', 'it is no text'],
  ['attachment.txt.exe', 'text/plain', 'it was sent as a file'],
])('rule 12: %s is named and not fetched', async (name, type, why) => {
  expect(await read(fake.publishFile('ask', 'x', { name, type }))).toEqual(unread(name, why));
  expect(fake.downloads).toEqual([]);
});

test('rule 12: of a file with a text beside it the text counts', async () => {
  const photo = fake.publishFile('ask', 'x', { name: 'IMG_1.png', type: 'image/png' });
  const why = 'it is no text';
  expect(await read({ ...photo, message: 'CODE: like this' })).toEqual({
    text: 'CODE: like this',
    unread: [{ name: 'IMG_1.png', why }],
  });
  const long = fake.publishFile('ask', LONG);
  expect(await read({ ...long, message: 'CODE: mend this' })).toMatchObject({
    text: 'CODE: mend this',
    unread: [{ name: 'attachment.txt', why: expect.stringContaining('beside a text') }],
  });
  expect(fake.downloads).toEqual([]);
});

test('rule 12: a file of which nothing is known is no harm', async () => {
  const event = fake.publish('ask', 'You received a file: ', { attachment: {} });
  expect(await read(event)).toEqual(unread('a file', 'it is no text'));
  expect(await read({ ...event, message: 'hello', attachment: { name: 'a\u202eb\n\u001b[31m' } })).toMatchObject({
    text: 'hello',
    unread: [{ name: expect.not.stringMatching(/[\n\u001b\u202e]/u) }],
  });
});

test.each([
  [
    'another server',
    (url: string) => url.replace('127.0.0.1', 'localhost'),
    /it is at http:\/\/localhost:\d+, which is not/,
  ],
  ['another port', (url: string) => url.replace(/:\d+\//, ':1/'), /it is at http:\/\/127.0.0.1:1, which/],
  ['a name inside a name', (url: string) => url.replace('127.0.0.1', '127.0.0.1.evil.example'), /evil\.example/],
  ['a login before the name', (url: string) => url.replace('127.0.0.1', 'u@127.0.0.1'), 'no file of this message'],
  [
    'a publication',
    (url: string) => url.replace(/file\/.*/, 'ask/publish?message=CODE&f=/file/x.txt'),
    'no file of this',
  ],
  ['a query', (url: string) => `${url}?auth=x`, 'no file of this message'],
  ['another message', (url: string) => url.replace(/file\/\w+/, 'file/AAAAAAAAAAAA'), 'no file of this message'],
  ['no address', () => 'attachment.txt', 'its address cannot be read'],
  ['another scheme', () => 'file:///etc/passwd', /which is not the address/],
])('rule 12: nothing is requested from %s', async (_, change, why) => {
  const event = wire(fake.publishFile('ask', LONG));
  const attachment = { ...event.attachment, url: change(event.attachment?.url ?? '') };
  expect(await read({ ...event, attachment })).toEqual(unread('attachment.txt', why));
  expect(fake.downloads).toEqual([]);
});

test.each(['/', ':80', ':80/', '/sub/path/'])(
  'rule 12: a base URL that ends in "%s" is the same origin',
  async (end) => {
    const event = wire(fake.publishFile('ask', LONG));
    const url = `http://ntfy.test/file/${event.id}.txt`;
    const options = { ...parts.options, baseUrl: `http://ntfy.test${end}` };
    const asked: string[] = [];
    const answer: typeof fetch = async (input) => {
      asked.push(String(input));
      return new Response(LONG);
    };
    const reading = await read({ ...event, attachment: { ...event.attachment, url } }, { options, fetch: answer });
    expect(reading).toEqual({ text: LONG });
    expect(asked).toEqual([url]);
  },
);

test('rule 12: a file beyond the cap is not fetched, or dropped as soon as that shows', async () => {
  const content = 'x'.repeat(20_001);
  const why = 'it has more than 20,000 bytes';
  expect(await read(fake.publishFile('ask', content))).toEqual(unread('attachment.txt', why));
  expect(fake.downloads).toHaveLength(0);
  expect(await read(fake.publishFile('ask', content, { size: 10 }))).toEqual(unread('attachment.txt', why));
  expect(await read(fake.publishFile('ask', content, { size: undefined }))).toEqual(unread('attachment.txt', why));
  fake.chaos.file = 'endless';
  expect(await read(fake.publishFile('ask', LONG))).toEqual(unread('attachment.txt', why));
  expect(fake.downloads).toHaveLength(3);
});

test('rule 12: an expired file is not fetched', async () => {
  const event = fake.publishFile('ask', LONG, { expires: fake.time - 1 });
  expect(await read(event)).toEqual(unread('attachment.txt', 'the server no longer has it'));
  expect(fake.downloads).toEqual([]);
});

test.each([
  [400, 40011],
  [401, 40101],
  [403, 40301],
  [413, 41301],
])(
  'rule 12: after a %i of ntfy itself (%i) the message is delivered at once, without its text',
  async (status, code) => {
    fake.chaos.file = { status, body: JSON.stringify({ code, http: status, error: 'because' }) };
    const why = `the server refuses it (${code})`;
    expect(await read(fake.publishFile('ask', LONG))).toEqual({ text: '', unread: [{ name: 'attachment.txt', why }] });
    expect(fake.downloads).toHaveLength(1);
  },
);

const html = { 'content-type': 'text/html' };
test.each<[string, Reply]>([
  ['a portal redirects it', { status: 302, headers: { location: 'http://portal.test/' } }],
  ['a firewall forbids it', { status: 403, headers: html, body: '<html>Blocked</html>' }],
  ['a proxy does not know the path', { status: 404, headers: html, body: '404 page not found' }],
  ['a proxy has an error of its own', { status: 403, body: '{"code":403,"error":"forbidden"}' }],
  ['a proxy wants a login', { status: 401, headers: html }],
  ['it is said to be gone', { status: 410 }],
  ['it is called a bad request', { status: 400 }],
])('rule 12: while %s, the text is not given up', async (_, reply) => {
  fake.chaos.file = reply;
  const reading = read(fake.publishFile('ask', LONG));
  await until(() => expect(fake.downloads.length).toBeGreaterThan(5));
  fake.chaos.file = undefined;
  expect(await reading).toEqual({ text: LONG });
  expect(log[0]).toContain(`something else answers in the server’s place (${reply.status})`);
});

test('rule 12: a file that the server does not know yet is asked for again, and given up soon', async () => {
  const event = fake.publishFile('ask', LONG);
  const path = new URL(wire(event).attachment?.url ?? '').pathname;
  const content = fake.files.get(path) as Buffer;
  fake.files.delete(path);
  const reading = read(event);
  await until(() => expect(fake.downloads).toHaveLength(1));
  fake.files.set(path, content);
  expect(await reading).toEqual({ text: LONG });
  fake.files.delete(path);
  expect(await read(event)).toEqual(unread('attachment.txt', 'the server no longer has it'));
  expect(fake.downloads).toHaveLength(2 + 4);
});

test.each([
  ['500', { status: 500 }],
  ['a page', { status: 200, body: '<html>Log in</html>', headers: { 'content-type': 'text/html' } }],
  ['a body cut short', 'cut'],
] as const)('rule 12: after %s it is tried again until it works', async (_, chaos) => {
  fake.chaos.file = chaos;
  const reading = read(fake.publishFile('ask', LONG));
  await until(() => expect(fake.downloads.length).toBeGreaterThan(3));
  fake.chaos.file = undefined;
  expect(await reading).toEqual({ text: LONG });
  expect(log[0]).toContain('is not read yet');
});

test('rule 12: it is tried no longer than the file lives', async () => {
  let now = Date.now();
  fake.chaos.file = { status: 503 };
  const reading = read(fake.publishFile('ask', LONG), { now: () => now });
  await until(() => expect(fake.downloads.length).toBeGreaterThan(2));
  now += 10_801_000;
  expect(await reading).toEqual(unread('attachment.txt', 'the server failed|the server no longer has it'));
});

test('a file that is not handed out holds up neither other messages nor other files', async () => {
  const reader = observe(messageReader(parts));
  fake.chaos.file = { status: 500 };
  const got: string[] = [];
  const stuck = reader(wire(fake.publishFile('ask', LONG))).subscribe(() => got.push('stuck'));
  await until(() => expect(fake.downloads.length).toBeGreaterThan(1));
  reader(wire(fake.publish('ask', 'short'))).subscribe(({ text }) => got.push(text));
  expect(got).toEqual(['short']);
  stuck.unsubscribe();
  fake.chaos.file = undefined;
  expect(await firstValueFrom(reader(wire(fake.publishFile('ask', 'another'))))).toEqual({ text: 'another' });
  expect(got).toEqual(['short']);
});

test('rule 18: unsubscribing ends a download at once, and what waits for its turn is never asked for', async () => {
  let [begun, closed] = [0, 0];
  const server = createServer((_, response) => {
    begun++;
    response.writeHead(200, { 'content-type': 'text/plain' }).write('x');
    response.on('close', () => closed++);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const asked = vi.fn(fetch);
  const reader = observe(messageReader({ ...parts, fetch: asked, options: { ...parts.options, baseUrl } }));
  const event = (id: string) =>
    wire({
      ...fake.publishFile('ask', LONG),
      id,
      attachment: { name: 'attachment.txt', url: `${baseUrl}/file/${id}.txt` },
    });
  const both = ['one', 'two'].map((id) =>
    reader({ ...event(id), message: 'You received a file: attachment.txt' }).subscribe(),
  );
  await until(() => expect(asked).toHaveBeenCalledTimes(1));
  await until(() => expect(begun).toBe(1));
  for (const one of both) one.unsubscribe();
  await until(() => expect(closed).toBe(1));
  expect(asked.mock.calls.slice(1).every(([, init]) => init?.signal?.aborted)).toBe(true);
  await new Promise((resolve) => server.close(resolve));
});

test('rule 13: base64 is decoded, and what is in no known encoding is told', async () => {
  const bytes = Buffer.from('aus Bytes 🚀').toString('base64');
  expect(await read(fake.publish('ask', bytes, { encoding: 'base64' }))).toEqual({ text: 'aus Bytes 🚀' });
  expect(await read(fake.publish('ask', 'cipher', { encoding: 'unheard-of' }))).toEqual(
    unread('the text', 'Milton does not know its encoding \\("unheard-of"\\)'),
  );
  expect(await read(fake.publish('ask', 'NUL\0 and \ud800 half'))).toEqual({ text: 'NUL and \ufffd half' });
});

test('rule 12: of a long text that cannot be had for a minute the person is told, once', async () => {
  fake.chaos.file = { status: 503 };
  let minutes = 0;
  const event = fake.publishFile('ask', LONG);
  const reading = read(event, { now: () => event.time * 1000 + minutes * 60_000 });
  await until(() => expect(fake.downloads.length).toBeGreaterThan(2));
  expect(announced).toEqual([]);
  minutes = 1;
  await until(() => expect(announced).toHaveLength(1));
  const { length } = fake.downloads;
  await until(() => expect(fake.downloads.length).toBeGreaterThan(length + 2));
  fake.chaos.file = undefined;
  expect(await reading).toEqual({ text: LONG });
  expect(announced).toEqual([
    {
      key: `unread-${Math.floor((event.time + 60) / 3600)}`,
      notice: expect.objectContaining({
        body: 'Your long message has not been read yet: the server failed (503 "Service Unavailable"). Milton keeps trying.',
      }),
    },
  ]);
});

test('rule 12: a file that came three times with another size is left', async () => {
  expect(await read(fake.publishFile('ask', LONG, { size: 9_000 }))).toEqual(
    unread('attachment.txt', 'it came with a part missing'),
  );
  expect(fake.downloads).toHaveLength(3);
});
