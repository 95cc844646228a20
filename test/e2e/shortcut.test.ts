// What the Shortcut of docs/shortcut.md sends, through the real server, to what Milton accepts.
import { afterEach, expect, test } from 'vitest';
import { diagnose } from '../../src/plugins/authorise/diagnose.ts';
import { readSignature } from '../../src/plugins/authorise/signature.ts';
import { ntfy } from '../../src/transports/ntfy/ntfy.ts';
import { NtfyServer } from '../support/ntfy-server.ts';
import { runShortcut, spoken } from '../support/shortcut.ts';
import { until } from '../support/until.ts';
import { setUp } from '../transports/host.ts';
import { options } from '../transports/ntfy/fixture.ts';

const KEY = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
const TEXTS = [
  'CODE: add a login — “feature” 🎉',
  'code colon add a login\u00a0page',
  'RESEARCH: first line\n\n  second line\tand a tab',
  'APPROVE req_k4m2xa',
  `CODE: ${'größer '.repeat(430)}end`,
];
/** A request that ntfy makes a file of. */
const LONG = `CODE: ${'größer '.repeat(800)}end`;
/** What a link hands over. */
const HANDED = ['ANSWER q7k2a Approve\nr2 1795449600 5f0c9b1e7a3d48265f0c9b1e7a3d4826', 'CODE: “evil” 🎉'];
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

test.each([undefined, { askTopic: 'ask', answerTopic: 'answers' }])(
  'all that the Shortcut sends arrives as it was signed, with a login and without one: %j',
  async (access) => {
    const server = await NtfyServer.start(access ? { access } : {});
    ends.push(() => server.stop());
    const login = server.tokens ? { token: server.tokens.milton } : {};
    const { transport, close } = await setUp(ntfy(options(server.url, login)));
    ends.push(close);
    const heard: { text: string; at: string }[] = [];
    const states: string[] = [];
    transport.health$.subscribe(({ state }) => states.push(state));
    const listening = transport.messages$.subscribe(({ message, settle }) => {
      heard.push(message);
      settle();
    });
    ends.push(() => listening.unsubscribe());
    await until(() => expect(states.at(-1)).toBe('connected'));
    const headers = server.tokens ? { authorization: `Bearer ${server.tokens.phone}` } : {};
    const send = async (path: string, body: string, type: string) => {
      const init = { method: 'POST', headers: { ...headers, 'content-type': type }, body };
      return spoken(await (await fetch(`${server.url}/${path}`, init)).text());
    };
    const taps = HANDED.map((handed) => ({ words: '', handed }));
    const all = [...TEXTS, ...HANDED.map((handed) => `TAP\n${handed}`), LONG];
    for (const [i, given] of [...TEXTS.map((words) => ({ words })), ...taps, { words: LONG }].entries()) {
      const time = new Date().toISOString().replace(/\.\d+Z/, '+00:00');
      const { body } = runShortcut({ key: KEY, ...given, time, number: String(100_000_000 + i) });
      const asJson = () => send('', JSON.stringify({ ...body, topic: 'ask' }), 'application/json');
      const asFile = () => send('ask', body.message!, 'text/plain');
      expect(await (given.words === LONG ? asFile() : asJson())).toBe('Sent');
      // The server promises no order.
      await until(() => expect(heard).toHaveLength(i + 1));
    }
    expect(await send('', JSON.stringify({ topic: 'no topic', message: 'x' }), 'application/json')).toBe('Not sent');
    const right = 'The signature matches, and its time is right.';
    const handedOver = expect.stringContaining('handed over');
    expect(heard.map((message) => diagnose(message, [KEY], Date.now()).lines)).toEqual(
      all.map((text) => (text.startsWith('TAP\n') ? [right, handedOver] : [right])),
    );
    expect(heard.map(({ text }) => readSignature(text)?.text)).toEqual(all);
  },
);
