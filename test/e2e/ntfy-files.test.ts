import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Message } from '../../src/pipeline/message.ts';
import { ntfy } from '../../src/transports/ntfy/ntfy.ts';
import type { NtfyOptions } from '../../src/transports/ntfy/options.ts';
import { NtfyServer } from '../support/ntfy-server.ts';
import { until } from '../support/until.ts';
import { setUp } from '../transports/host.ts';
import { options } from '../transports/ntfy/fixture.ts';

const signal = new AbortController().signal;
const ends: (() => unknown)[] = [];
let server: NtfyServer;

beforeAll(async () => {
  server = await NtfyServer.start();
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
afterAll(() => server.stop());

let pairs = 0;
async function milton(more: Partial<NtfyOptions> = {}, baseUrl = server.url) {
  const pair = { askTopic: `file-ask-${++pairs}`, answerTopic: `file-answers-${pairs}` };
  const { transport, close } = await setUp(ntfy(options(baseUrl, { reconcileDelay: 200, ...pair, ...more })));
  const messages: Message[] = [];
  let state = '';
  const watching = transport.health$.subscribe((health) => {
    state = health.state;
  });
  const subscription = transport.messages$.subscribe(({ message, settle }) => {
    messages.push(message);
    settle();
  });
  ends.push(
    close,
    () => subscription.unsubscribe(),
    () => watching.unsubscribe(),
  );
  await until(() => expect(state).toBe('connected'));
  const send = async (body: string | Buffer, headers: Record<string, string> = {}) => {
    const response = await fetch(`${baseUrl}/${pair.askTopic}`, {
      method: 'POST',
      body: new Uint8Array(Buffer.from(body as string)),
      headers,
    });
    if (!response.ok) throw new Error(await response.text());
  };
  return { transport, messages, send };
}

const words = (bytes: number) => `CODE: ${'Größe und „Maß“ 🚀, '.repeat(bytes / 24)}`.slice(0, bytes);

test('rule 12: a dictated text of 8,000 bytes arrives as one message with exactly that text', async () => {
  const { messages, send } = await milton();
  const text = `${words(8_000)}\nand a last line`;
  expect(Buffer.byteLength(text)).toBeGreaterThan(8_000);
  await send(text);
  await until(() => expect(messages).toHaveLength(1));
  expect(messages[0]?.text).toBe(text);
  expect(messages[0]?.unread).toBeUndefined();
  // The reconcile poll and whatever else follows bring it no second time.
  await send('next');
  await until(() => expect(messages.map((message) => message.text)).toEqual([text, 'next']));
});

test.each([
  ['4,095 bytes, the longest message', 'x'.repeat(4_095)],
  ['4,096 bytes, the shortest file', 'x'.repeat(4_096)],
  ['a list that the server takes for a table', 'CODE: a, b\nc, d\ne, f\n'.repeat(400)],
  ['a program', `#!/usr/bin/env python\n${'print(1)\n'.repeat(800)}`],
  ['a page', `<!DOCTYPE html><html>${'x'.repeat(5_000)}`],
])('rule 12: %s is read as it was sent', async (_, text) => {
  const { messages, send } = await milton();
  await send(text);
  await until(() => expect(messages).toHaveLength(1));
  // A message is trimmed by the server, a file is not.
  expect(messages[0]?.text.trim()).toBe(text.trim());
});

test('rule 12: a photo is named and not read, and the text beside it counts', async () => {
  const { messages, send } = await milton();
  const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
  await send(png, { 'x-filename': 'IMG_1.png' });
  await until(() => expect(messages).toHaveLength(1));
  await send(png, { 'x-filename': 'IMG_2.png', 'x-message': 'CODE: make it look like this' });
  await until(() => expect(messages).toHaveLength(2));
  const why = 'it is no text';
  expect(messages.map(({ text, unread }) => ({ text, unread }))).toEqual([
    { text: '', unread: [{ name: 'IMG_1.png', why }] },
    { text: 'CODE: make it look like this', unread: [{ name: 'IMG_2.png', why }] },
  ]);
});

test('rule 12: a file that is said to be elsewhere is not fetched', async () => {
  const { messages, send } = await milton();
  await send('', {
    'x-attach': `${server.url.replace('127.0.0.1', 'localhost')}/v1/health?f=/attachment.txt`,
    'x-filename': 'attachment.txt',
  });
  await until(() => expect(messages).toHaveLength(1));
  await send('', { 'x-attach': `${server.url}/v1/health`, 'x-filename': 'attachment.txt' });
  await until(() => expect(messages).toHaveLength(2));
  expect(messages.map(({ unread }) => unread?.[0]?.why)).toEqual([
    expect.stringMatching(/^it is at http:\/\/localhost:\d+, which is not the address/),
    'it is no file of this message',
  ]);
});

test('what `milton send` sends may be long, too', async () => {
  const { transport, messages } = await milton();
  const text = `{"looks": "like JSON", "but": "${words(20_000)}"}`;
  await transport.submit?.(text, signal);
  await until(() => expect(messages).toHaveLength(1));
  expect(messages[0]?.unread).toBeUndefined();
  expect(messages[0]?.text).toBe(text);
});

test('on a server without files a long text is refused with a reason', async () => {
  const bare = await NtfyServer.start({ config: ['attachment-cache-dir: ""'] });
  ends.push(() => bare.stop());
  const { transport } = await milton({}, bare.url);
  await expect(transport.submit?.(words(5_000), signal)).rejects.toMatchObject({
    message: expect.stringContaining('it keeps no files'),
    hint: 'Shorten it.',
  });
});
