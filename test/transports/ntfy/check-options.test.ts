import { expect, test } from 'vitest';
import { MiltonError } from '../../../src/pipeline/errors.ts';
import { ntfy } from '../../../src/transports/ntfy/ntfy.ts';
import { type NtfyOptions, ntfyOptions } from '../../../src/transports/ntfy/options.ts';
import { setUp } from '../host.ts';
import { options } from './fixture.ts';

const make = (more: Partial<NtfyOptions>) => setUp(ntfy(options('https://ntfy.example.com', more)));
const refusal = async (more: Partial<NtfyOptions>) => {
  const error = await make(more).catch((caught) => caught);
  expect(error).toBeInstanceOf(MiltonError);
  expect(error.code).toBe('NTFY_CONFIG');
  return error.message as string;
};
const token = `tk_${'a1-_'.repeat(7)}x`;

test('takes what a server takes', async () => {
  await make({ baseUrl: 'https://ntfy.example.com//', burst: 300, dailyMessages: 300 });
  await make({ token, askTopic: '-_aZ9', answerTopic: 'x'.repeat(64), user: undefined as never });
  await make({ user: 'phil', password: 'x', token: '' });
});

test.each<[Partial<NtfyOptions>, RegExp]>([
  [{ askTopic: '' }, /askTopic \(ASK_TOPIC\) "" must be 1 to 64 letters/],
  [{ answerTopic: '' }, /answerTopic \(ANSWER_TOPIC\) "" must be/],
  [{ askTopic: 'a b' }, /"a b" must be/],
  [{ codexTopic: 'x'.repeat(65) }, /codexTopic \(CODEX_TOPIC\)/],
  [{ claudeTopic: 'v1' }, /"v1" is a name the server keeps for itself/],
  [{ answerTopic: 'ask' }, /also an inbox: Milton would answer itself/],
  [{ claudeTopic: 'answers' }, /also an inbox/],
  [{ claudeTopic: 'ask' }, /must differ from each other/],
  [{ token: 'tk_short' }, /token \(NTFY_TOKEN\) must be "tk_" and 29/],
  [{ user: 'phil' }, /belong together/],
  [{ user: 'a:b', password: 'x' }, /must not contain ":"/],
  [{ baseUrl: 'ntfy.sh' }, /no http\(s\) address/],
  [{ baseUrl: 'ftp://ntfy.sh' }, /no http\(s\) address/],
  [{ baseUrl: 'https://me:pw@ntfy.sh' }, /bare address/],
  [{ baseUrl: 'https://ntfy.sh?auth=x' }, /bare address/],
  [{ baseUrl: 'https://ntfy.sh/my-topic' }, /must be the address alone, https:\/\/ntfy\.sh: topics/],
  [{ baseUrl: 'http://ntfy.example.com' }, /not encrypted.*Use https:\/\/, or set NTFY_ALLOW_HTTP=1/],
  [{ baseUrl: 'http://192.168.1.7:8080', token }, /not encrypted/],
  [{ burst: 300 }, /burst \(300\) is more than dailyMessages \(250\)/],
])('rule 30: refuses %j', async (more, message) => {
  expect(await refusal(more)).toMatch(message);
});

test.each([
  'idleTimeout',
  'reconcileDelay',
  'reconcileInterval',
  'canaryInterval',
  'canaryTimeout',
  'refill',
  'progressInterval',
] as const)('rule 30: %s may be as long as a timer can wait, and no longer', (name) => {
  const parse = (ms: number) => ntfyOptions.safeParse(options('https://ntfy.example.com', { [name]: ms }));
  expect(parse(2_147_483_647).success).toBe(true);
  expect(parse(2_147_483_648).error?.issues).toMatchObject([
    { path: [name], message: 'expected at most 2147483647 ms (24 days), the longest a timer can wait' },
  ]);
});

test('rule 30: backoffMax may be a day, and no longer', () => {
  const parse = (backoffMax: number) => ntfyOptions.safeParse(options('https://ntfy.example.com', { backoffMax }));
  expect(parse(86_400).success).toBe(true);
  expect(parse(86_401).error?.issues).toMatchObject([{ message: 'expected at most 86400 seconds (a day)' }]);
});

test('names everything at once, and no secret', async () => {
  const message = await refusal({
    askTopic: 'a/b',
    answerTopic: 'docs',
    token: 'my-secret',
    baseUrl: 'https://me:pw-secret@x',
  });
  expect(message.match(/^ {2}\d\. /gm)).toHaveLength(4);
  expect(message).not.toContain('secret');
});

test('warns of credentials that cross a network in the clear', async () => {
  const allowed = { baseUrl: 'http://ntfy.example.com', allowHttp: true };
  expect((await make({ ...allowed, token })).log.join()).toContain('unencrypted');
  expect((await make(allowed)).log).toEqual([]);
  expect((await make({ baseUrl: 'http://127.0.0.1:1', token })).log).toEqual([]);
  expect((await make({ baseUrl: 'http://127.0.0.1:1' })).transport.exposure).toBe('loopback');
  expect((await make({})).transport.exposure).toBe('public');
});
