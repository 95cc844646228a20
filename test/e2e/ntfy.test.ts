import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { describeTransport } from '../../src/testing/transport-contract.ts';
import { ntfy } from '../../src/transports/ntfy/ntfy.ts';
import type { NtfyOptions } from '../../src/transports/ntfy/options.ts';
import { NtfyServer } from '../support/ntfy-server.ts';
import { Phone } from '../support/phone.ts';
import { type Memory, type SetUp, setUp } from '../transports/host.ts';
import { options, until } from '../transports/ntfy/fixture.ts';

const never = new AbortController().signal;
const address = { run: 'req_abc234', key: 'k' };
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
/** Topics that no other test uses. */
const topics = () => ({ askTopic: `ask-${++pairs}`, answerTopic: `answers-${pairs}` });

async function milton(more: Partial<NtfyOptions>, memory: Memory = new Map()): Promise<SetUp> {
  const made = await setUp(ntfy(options(server.url, { reconcileDelay: 200, ...more })), memory);
  ends.push(made.close);
  return made;
}

function listen({ transport }: SetUp, settle = true) {
  const texts: string[] = [];
  let state = '';
  const watching = transport.health$.subscribe((health) => {
    state = health.state;
  });
  const subscription = transport.messages$.subscribe((delivery) => {
    texts.push(delivery.message.text);
    if (settle) delivery.settle();
  });
  const stop = () => subscription.unsubscribe();
  ends.push(stop, () => watching.unsubscribe());
  return { texts, stop, connected: () => until(() => expect(state).toBe('connected')) };
}

function phone(pair: { askTopic: string; answerTopic: string }, at = server, token?: string): Phone {
  const made = new Phone({ baseUrl: at.url, ...pair, token });
  ends.push(() => made.stop());
  return made;
}

/** Sockets that keep this process alive; the server is another one. */
const sockets = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;

describeTransport('ntfy with the real server', async () => {
  const pair = topics();
  const memory: Memory = new Map();
  const { transport } = await milton(pair, memory);
  const request = async (path: string, init?: RequestInit) => (await fetch(`${server.url}/${path}`, init)).text();
  return {
    transport,
    say: async (text) => void (await request(pair.askTopic, { method: 'POST', body: text })),
    shown: async () => {
      const lines = (await request(`${pair.answerTopic}/json?poll=1&since=all`)).split('\n').filter(Boolean);
      return lines.map((line) => `${JSON.parse(line).title ?? ''}\n${JSON.parse(line).message}`).join('\n');
    },
    breakSending: () => server.halt(),
    attached: sockets,
    restart: async () => (await milton(pair, memory)).transport,
    close: () => server.resume(),
  };
});

describe('ntfy with the real server', () => {
  const numbered = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `message ${from + i}`);

  test('a server that is killed again and again loses nothing and doubles nothing', async () => {
    const pair = topics();
    const inbox = listen(await milton(pair));
    await inbox.connected();
    const sender = phone(pair);
    const send = async (texts: string[]) => {
      for (const text of texts) await sender.send(text);
    };
    for (let round = 0; round < 5; round++) {
      await send(numbered(round * 10, round * 10 + 5));
      await server.restart();
      await send(numbered(round * 10 + 5, round * 10 + 10));
    }
    await until(() => expect([...new Set(inbox.texts)].sort()).toEqual(numbered(0, 50).sort()));
    expect(inbox.texts).toHaveLength(50);
  });

  test('messages sent while nobody listens arrive later, those from before the first start do not', async () => {
    const pair = topics();
    const memory: Memory = new Map();
    const sender = phone(pair);
    await sender.send('before the first start');
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const first = listen(await milton(pair, memory));
    await first.connected();
    await sender.send('heard');
    await until(() => expect(first.texts).toEqual(['heard']));
    first.stop();
    await until(() => expect(memory.size).toBe(1));

    for (const text of numbered(0, 3)) await sender.send(text);
    const second = listen(await milton(pair, memory));
    // A new process knows no settled ids: what lies within the overlap comes once more, for `dedupe` to drop.
    await until(() => expect(second.texts).toEqual(['heard', ...numbered(0, 3)]));
  });

  test('a burst while connecting is complete', async () => {
    const pair = topics();
    const sender = phone(pair);
    const setup = await milton(pair);
    const first = listen(setup);
    await first.connected();
    first.stop();
    const heard = new Set<string>();
    let sent = 0;
    for (let round = 0; round < 20; round++) {
      const inbox = listen(setup);
      await Promise.all(Array.from({ length: 5 }, () => sender.send(`message ${sent++}`)));
      await inbox.connected();
      for (const text of inbox.texts) heard.add(text);
      inbox.stop();
    }
    const last = listen(setup);
    await until(() => {
      for (const text of last.texts) heard.add(text);
      expect(heard.size).toBe(sent);
    });
  });

  test('a notice reaches the phone as it was meant', async () => {
    const pair = topics();
    const { transport } = await milton(pair);
    const reader = phone(pair);
    const body = 'Zeile mit ß und 👩‍👩‍👧‍👦\n'.repeat(300);
    await transport.send(
      {
        title: '✅ [req_abc234] Größe – fertig =?x?=',
        body,
        kind: 'question',
        tags: ['white_check_mark', 'größe'],
        click: 'https://example.com/ü?a=1&b=2',
        actions: [
          { label: 'Öffnen, "jetzt"; =?', url: 'https://example.com/?q==?x?=' },
          { label: 'Ja', reply: 'APPROVE req_abc234 – ja, "gern"' },
        ],
      },
      address,
      never,
    );
    const notice = await reader.notice(() => true);
    expect(notice).toMatchObject({
      run: 'req_abc234',
      title: '✅ [req_abc234] Größe – fertig =?x?=',
      priority: 4,
      tags: ['white_check_mark', 'größe', 'milton'],
      click: 'https://example.com/ü?a=1&b=2',
    });
    expect(Buffer.byteLength(notice.body)).toBeLessThanOrEqual(4000);
    const cut = notice.body.lastIndexOf('\n');
    expect(body.startsWith(notice.body.slice(0, cut))).toBe(true);
    expect(notice.body.slice(cut + 1)).toMatch(/^… \(cut: [\d,]+ more bytes\)$/);
    expect(notice.actions.map(({ label }) => label)).toEqual(['Öffnen, "jetzt"; =?', 'Ja']);
    expect(notice.actions[0]?.url).toBe('https://example.com/?q==?x?=');

    const inbox = listen(await milton(pair));
    await inbox.connected();
    await reader.tap(notice, 'Ja');
    await until(() => expect(inbox.texts).toEqual(['APPROVE req_abc234 – ja, "gern"']));
  });

  test('a text so long that the server makes a file of it is refused, and the person told', async () => {
    const pair = topics();
    const inbox = listen(await milton(pair));
    await inbox.connected();
    const sender = phone(pair);
    await sender.send(`CODE: ${'x'.repeat(5000)}`);
    await sender.send('after');
    await until(() => expect(inbox.texts).toEqual(['after']));
    expect((await sender.notice(() => true)).title).toMatch(/^Not read/);
  });

  test('on a server with access control both ways work; a wrong token is named and never shown', async () => {
    const pair = topics();
    const closed = await NtfyServer.start({ access: pair });
    ends.push(() => closed.stop());
    const made = await milton({ ...pair, baseUrl: closed.url, token: closed.tokens?.milton });
    const inbox = listen(made);
    await inbox.connected();
    const person = phone(pair, closed, closed.tokens?.phone);
    await person.send('allowed');
    await until(() => expect(inbox.texts).toEqual(['allowed']));
    await made.transport.send({ title: 'back' }, address, never);
    expect((await person.notice(() => true)).title).toBe('back');

    const token = `tk_${'x'.repeat(29)}`;
    const wrong = await milton({ ...pair, baseUrl: closed.url, token });
    const error = await wrong.transport.send({ title: 'x' }, address, never).catch((caught) => caught);
    expect(error).toMatchObject({
      retryable: true,
      message: expect.stringContaining('does not accept the credentials'),
    });
    listen(wrong);
    await until(() => expect(wrong.log.join('\n')).toContain('does not accept the credentials'));
    expect(JSON.stringify([error.message, wrong.log])).not.toContain(token);

    const nobody = await milton({ ...pair, baseUrl: closed.url });
    const denied = await nobody.transport.send({ title: 'x' }, address, never).catch((caught) => caught);
    expect(denied.message).toContain('no right to this topic');
  });
});
