// A sender may write any address into a message. Milton must ask for nothing there.
import { firstValueFrom, isObservable, of } from 'rxjs';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Logger } from '../../../../src/pipeline/services.ts';
import { messageReader } from '../../../../src/transports/ntfy/read/read-message.ts';
import { type NtfyEvent, parseEvent } from '../../../../src/transports/ntfy/server/events.ts';
import { type Catcher, catcher } from '../../../support/catcher.ts';
import { type Bench, bench, until } from '../fixture.ts';

let b: Bench;
let elsewhere: Catcher;
beforeEach(async () => {
  b = await bench({ token: `tk_${'a'.repeat(29)}` });
  elsewhere = await catcher();
});
afterEach(async () => {
  await b.end();
  await elsewhere.close();
});

const LONG = `CODE: ${'x'.repeat(5000)}`;
const logger: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => logger };

test.each([
  'http://169.254.169.254/latest/meta-data/iam/security-credentials/',
  'http://169.254.169.254/file/ID.txt',
  'http://[::ffff:169.254.169.254]/file/ID.txt',
  'http://2852039166/file/ID.txt',
  'http://metadata.google.internal/file/ID.txt',
  'http://localhost:PORT/file/ID.txt',
  'http://127.0.0.1:22/file/ID.txt',
  'https://127.0.0.1:PORT/file/ID.txt',
  'http://127.0.0.1:PORT@169.254.169.254/file/ID.txt',
  'http://127.0.0.1:PORT/ask/publish?message=CODE&x=/file/ID.txt',
  'http://127.0.0.1:PORT/file/../v1/account',
  'file:///etc/passwd',
  'file:///file/ID.txt',
  'data:text/plain,CODE',
  'ftp://127.0.0.1:PORT/file/ID.txt',
  '//169.254.169.254/file/ID.txt',
  '\\\\169.254.169.254\\file\\ID.txt',
])('T13: an attachment said to be at %s is named, and nothing is requested', async (address) => {
  const event = parseEvent(JSON.stringify(b.fake.publishFile('ask', LONG))) as NtfyEvent;
  const url = address.replace('PORT', new URL(b.fake.url).port).replaceAll('ID', event.id);
  const fetch = vi.fn(globalThis.fetch);
  const options = { baseUrl: b.fake.url, longestText: 20_000, backoffMax: 0.02 };
  const read = messageReader({
    fetch,
    options,
    logger,
    clean: (text) => text,
    announce: () => {},
    now: () => Date.now(),
  });
  const reading = read({ ...event, attachment: { ...event.attachment, url } });
  const { text, unread } = await firstValueFrom(isObservable(reading) ? reading : of(reading));
  expect(text).toBe('');
  expect(unread).toMatchObject([{ name: 'attachment.txt' }]);
  expect(fetch).not.toHaveBeenCalled();
  expect(b.fake.downloads).toEqual([]);
});

test('T13: a file of the server that redirects elsewhere leads nowhere', async () => {
  b.fake.chaos.file = { status: 302, headers: { location: `${elsewhere.url}/latest/meta-data/` } };
  const { texts } = b.listen();
  await b.connected();
  b.fake.publishFile('ask', LONG);
  await until(() => expect(b.fake.downloads.length).toBeGreaterThan(3));
  b.fake.chaos.file = undefined;
  await until(() => expect(texts).toEqual([LONG]));
  expect(elsewhere.requests).toEqual([]);
  expect(b.fake.downloads.some(({ headers }) => headers.authorization)).toBe(false);
});

test('T13: nothing else that a message points to is asked for', async () => {
  const { url } = elsewhere;
  const { texts } = b.listen();
  await b.connected();
  const actions = [{ id: 'a', action: 'http', label: 'x', url, method: 'GET' }];
  const attachment = { name: 'attachment.txt', type: 'text/plain', url: `${url}/file/x.txt` };
  b.fake.publish('ask', 'STATUS', { icon: `${url}/icon.png`, click: url, actions, attachment });
  b.fake.publish('ask', `see ${url}/page`, { tags: [url], title: url });
  await until(() => expect(texts).toEqual(['STATUS', `see ${url}/page`]));
  expect(elsewhere.requests).toEqual([]);
  expect(b.fake.downloads).toEqual([]);
});
