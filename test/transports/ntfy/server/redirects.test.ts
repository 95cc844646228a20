// Whoever answers in the server's place may send Milton elsewhere. The login must stay.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MiltonError } from '../../../../src/pipeline/errors.ts';
import { ntfy } from '../../../../src/transports/ntfy/ntfy.ts';
import { type Catcher, catcher } from '../../../support/catcher.ts';
import { setUp } from '../../host.ts';
import { type Bench, bench, options, until } from '../fixture.ts';

const logins = [{ token: `tk_${'a'.repeat(29)}` }, { user: 'phone', password: 'made-up' }];
const never = new AbortController().signal;
let b: Bench;
let elsewhere: Catcher;
beforeEach(async () => {
  elsewhere = await catcher();
});
afterEach(async () => {
  await b?.end();
  await elsewhere.close();
});

test.each(
  [301, 302, 303, 307, 308].flatMap((status) =>
    logins.map((login) => [status, Object.keys(login)[0]!, login] as const),
  ),
)(
  'T20: a redirect (%i) is followed by no request, and the login (%s) goes to nobody else',
  async (status, _, login) => {
    b = await bench(login);
    const reply = { status, headers: { location: `${elsewhere.url}/answers` } };
    Object.assign(b.fake.chaos, { poll: reply, publish: reply });
    b.listen();
    await until(() => expect(b.fake.reads('poll').length).toBeGreaterThan(0));
    const sent = b.transport.send({ title: 'x' }, { run: 'r', key: 'k' }, never);
    await expect(sent).rejects.toThrow('set NTFY_BASE_URL to that address');
    await expect(b.transport.submit?.('STATUS', never)).rejects.toThrow('redirects');
    b.fake.chaos.subscribe = reply;
    b.fake.drop();
    await b.down(/redirects to http:\/\/127\.0\.0\.1:\d+, which Milton does not follow/);
    expect(b.fake.requests.every(({ headers }) => headers.authorization)).toBe(true);
    expect(elsewhere.requests).toEqual([]);
  },
);

test.each([
  'http://ntfy.example.com',
  'http://10.0.0.7:8080',
  'http://localhost.example.com',
  'http://127.0.0.1.example.com',
])('T20: Milton does not start with %s, where all could read along', async (baseUrl) => {
  b = await bench();
  const refused = await setUp(ntfy(options(baseUrl, logins[0]))).catch((error) => error);
  expect(refused).toBeInstanceOf(MiltonError);
  expect(refused.message).toContain('is not encrypted');
});
