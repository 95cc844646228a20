import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Fetch } from '../../../../src/pipeline/services.ts';
import { ntfyOptions } from '../../../../src/transports/ntfy/options.ts';
import { strangersAt } from '../../../../src/transports/ntfy/server/strangers.ts';

const HOUR = 3_600_000;
const yes = { read: '{"success":true}', write: '{"id":"abcdefghijkl"}' };
const no = [403, '{"code":40301,"http":403,"error":"forbidden"}'] as const;
const login = { token: `tk_${'a'.repeat(29)}` };

/** What a server answers, in turn; the last answer stays. */
function at(
  baseUrl: string,
  answers: readonly (readonly [number, string] | 'down' | 'slow')[],
  credentials: object = login,
) {
  const time = { now: 0 };
  const asked: { url: string; headers: Headers }[] = [];
  const fetch = (async (url: string, init: RequestInit) => {
    asked.push({ url: String(url), headers: new Headers(init.headers) });
    const answer = answers[Math.min(asked.length, answers.length) - 1]!;
    if (answer === 'down') throw new TypeError('fetch failed');
    if (answer === 'slow') await setTimeout(2000, undefined, { signal: init.signal! });
    if (answer === 'slow') return new Response(yes.write);
    return new Response(answer[1], { status: answer[0] });
  }) as Fetch;
  const base = { backoffMax: 300, allowHttp: false, claudeTopic: '', codexTopic: '' };
  const options = ntfyOptions.parse({ ...base, baseUrl, askTopic: 'asks', answerTopic: 'answers', ...credentials });
  return { time, asked, strangers: strangersAt({ fetch, options, now: () => time.now }) };
}

it('this machine has none', () => expect(at('http://127.0.0.1:80', []).strangers).toBeUndefined());

it('without a login Milton itself is one, and asks nothing', async () => {
  const { strangers, asked } = at('https://ntfy.example.com', [], {});
  expect([await strangers!.mayRead(), await strangers!.mayWrite(), asked]).toEqual([true, true, []]);
});

it('T4: asks the server without the login whether they may read, and whether they may write', async () => {
  const open = at('https://ntfy.example.com', [[200, yes.read]]);
  expect(await open.strangers!.mayRead()).toBe(true);
  expect(open.asked.map(({ url }) => url)).toEqual(['https://ntfy.example.com/answers/auth']);
  const closed = at('https://ntfy.example.com', [no]);
  expect([await closed.strangers!.mayRead(), await closed.strangers!.mayWrite()]).toEqual([false, false]);
  expect(closed.asked.at(-1)!.url).toBe('https://ntfy.example.com/asks');
  for (const { headers } of [...open.asked, ...closed.asked]) expect(headers.has('authorization')).toBe(false);
  expect(Object.fromEntries(closed.asked.at(-1)!.headers)).toMatchObject({ 'x-tags': 'milton', 'x-cache': 'no' });
  expect(Object.fromEntries(closed.asked.at(-1)!.headers)).toMatchObject({ 'x-priority': '9', 'x-firebase': 'no' });
  expect(await at('https://ntfy.example.com', [[200, yes.write]]).strangers!.mayWrite()).toBe(true);
  // Rights are looked at before what is wrong with a message, and such a message is not published.
  const invalid = '{"code":40007,"http":400,"error":"invalid priority parameter"}';
  expect(await at('https://ntfy.example.com', [[400, invalid]]).strangers!.mayWrite()).toBe(true);
});

it('waits for a slow server as long as it is told to', async () => {
  const { strangers, asked } = at('https://ntfy.example.com', ['slow']);
  expect(await strangers!.mayWrite()).toBeUndefined();
  expect(await strangers!.mayWrite(60_000)).toBe(true);
  expect(asked).toHaveLength(1);
});

it('believes an answer for an hour, and a denial only when it comes twice', async () => {
  const { strangers, asked, time } = at('https://ntfy.example.com', [no, [200, yes.read], no]);
  expect(await strangers!.mayRead()).toBe(true);
  expect(await strangers!.mayRead()).toBe(true);
  expect(asked).toHaveLength(2);
  time.now += HOUR;
  expect(await strangers!.mayRead()).toBe(false);
  expect(asked).toHaveLength(4);
});

it.each<[string, readonly [number, string] | 'down']>([
  ['is down', 'down'],
  ['fails', [500, '']],
  ['is a captive portal', [200, '<html>']],
  ['is behind a firewall that denies', [403, '<html>']],
  ['limits Milton', [429, '{"code":42901,"http":429,"error":"limit reached"}']],
])('cannot tell where the server %s, and asks again a minute later', async (_what, answer) => {
  const { strangers, asked, time } = at('https://ntfy.example.com', [answer, no]);
  expect(await strangers!.mayRead()).toBeUndefined();
  expect(await strangers!.mayRead()).toBeUndefined();
  expect(asked).toHaveLength(1);
  time.now += 60_000;
  expect(await strangers!.mayRead()).toBe(false);
});
