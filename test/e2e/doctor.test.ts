// What the doctor finds out about a real server: what Milton may do there, what a stranger may, and that nobody notices.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { gitRepo } from '../support/git-repo.ts';
import { InstalledMilton } from '../support/milton.ts';
import { isOldServer, type NtfyAccess, NtfyServer } from '../support/ntfy-server.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const TOPICS = { askTopic: 'ask-4f1b6c0d9e2a7385', answerTopic: 'answer-91c7e0b3d5f2864a' };

async function serve(access?: Partial<NtfyAccess>): Promise<NtfyServer> {
  const server = await NtfyServer.start(access ? { access: { ...TOPICS, ...access } } : {});
  ends.push(() => server.stop());
  return server;
}

interface Told {
  readonly id: string;
  readonly state: string;
  readonly what: string;
  readonly repair?: string;
}

/** What an installed Milton's doctor says of a server, by its id; `key`: whether there is one. */
async function doctor(server: NtfyServer, { token, key = true }: { token?: string | undefined; key?: boolean } = {}) {
  const app = gitRepo();
  ends.push(() => app[Symbol.dispose]());
  const milton = new InstalledMilton({
    config: `
      import * as m from 'milton-orchestrator';
      export default m.defineConfig({
        repositories: { app: { path: ${JSON.stringify(app.path)} } },
        transports: [m.ntfy()],
        store: m.sqlite(),
        agents: [m.rehearsal()],
        pipeline: [m.dedupe(), m.authorise(), m.classify(), m.commands(), m.queue(), m.research(), m.promptBuild(), m.execute(),
          m.summarise(), m.publish()],
      });`,
    env: {
      ...{ NTFY_BASE_URL: server.url, ASK_TOPIC: TOPICS.askTopic, ANSWER_TOPIC: TOPICS.answerTopic },
      ...(token ? { NTFY_TOKEN: token } : {}),
    },
  });
  ends.push(() => milton[Symbol.asyncDispose]());
  mkdirSync(join(milton.folder, 'home/.config'), { recursive: true, mode: 0o700 });
  if (key) expect(await milton.command('keys', 'new')).toMatchObject({ code: 0 });
  const { code, stdout } = await milton.command('doctor', '--json');
  const { findings } = JSON.parse(stdout) as { findings: readonly Told[] };
  const wrong = findings.filter(({ state }) => state !== 'ok');
  return { code, wrong, said: (id: string) => findings.find((each) => each.id === id) };
}

/** Everything that the server keeps of both topics. */
async function kept(server: NtfyServer, login: string | undefined): Promise<string> {
  const headers = login ? { authorization: `Bearer ${login}` } : {};
  const read = async (topic: string) => (await fetch(`${server.url}/${topic}/json?poll=1`, { headers })).text();
  return (await read(TOPICS.answerTopic)) + (login ? '' : await read(TOPICS.askTopic));
}

describe.skipIf(isOldServer())('on a server with access control', () => {
  test('all is well where Milton may do its part and nobody else anything', async () => {
    const server = await serve({});
    const { code, wrong, said } = await doctor(server, { token: server.tokens?.milton });
    expect([code, wrong]).toEqual([0, []]);
    expect(said('ntfy.read')?.what).toBe(`Milton may read ${TOPICS.askTopic}`);
    expect(said('ntfy.write')?.what).toBe(`Milton may write to ${TOPICS.answerTopic}`);
    expect(said('ntfy.strangers-read')?.what).toBe(`Strangers may not read ${TOPICS.answerTopic}`);
    expect(said('ntfy.strangers-write')?.what).toBe('Strangers may not write requests');
    expect(said('ntfy.clock')?.state).toBe('ok');
    expect(await kept(server, server.tokens?.phone)).toBe('');
  });

  test('the token of the phone may neither hear requests nor answer them', async () => {
    const server = await serve({});
    const { code, wrong } = await doctor(server, { token: server.tokens?.phone });
    expect(code).toBe(4);
    expect(wrong.map(({ id, repair }) => [id, repair])).toEqual([
      ['ntfy.read', `On the server, run: ntfy access USER ${TOPICS.askTopic} read-only`],
      ['ntfy.write', `On the server, run: ntfy access USER ${TOPICS.answerTopic} write-only`],
    ]);
  });

  test('a token that the server does not know, and none at all', async () => {
    const server = await serve({});
    const unknown = await doctor(server, { token: `tk_${'u'.repeat(29)}` });
    expect([unknown.code, unknown.wrong.map(({ id }) => id)]).toEqual([4, ['ntfy.login']]);
    const none = await doctor(server);
    expect([none.code, none.wrong.map(({ id }) => id)]).toEqual([4, ['ntfy.read', 'ntfy.write']]);
    expect(none.wrong[0]?.repair).toBe('Set NTFY_TOKEN in .env to a token of a user who may');
  });

  test('strangers may write, so that buttons arrive: fine with a key, and worth a word without one', async () => {
    const server = await serve({ tapsArrive: true });
    const token = server.tokens?.milton;
    const signed = await doctor(server, { token });
    expect([signed.code, signed.wrong]).toEqual([0, []]);
    expect(signed.said('ntfy.strangers-write')?.what).toMatch(/none is run: mode "signed" asks for a proof$/);
    const unsigned = await doctor(server, { token, key: false });
    expect(unsigned.code).toBe(7);
    expect(unsigned.wrong).toMatchObject([
      { id: 'ntfy.strangers-write', repair: 'Run: milton keys new, then milton keys qr' },
    ]);
    expect(await kept(server, server.tokens?.phone)).toBe('');
  });
});

test('on an open server strangers may do everything, and are not heard; nothing is published', async () => {
  const server = await serve();
  const { code, wrong, said } = await doctor(server);
  expect([code, wrong]).toEqual([0, []]);
  expect(said('ntfy.strangers-read')?.what).toBe(`Whoever knows the name of ${TOPICS.answerTopic} can read it`);
  expect(said('ntfy.strangers-write')?.what).toMatch(/none is run/);
  expect(await kept(server, undefined)).toBe('');
});
