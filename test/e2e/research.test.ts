import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { acknowledged, final, idIn, Journey, writes } from '../support/journey.ts';
import { NtfyServer } from '../support/ntfy-server.ts';
import type { Scenario } from '../support/stub-anthropic.ts';
import { eventsOf, NOTES, type StubReply, stream, stubPerplexity } from '../support/stub-perplexity.ts';

let server: NtfyServer;
beforeAll(async () => {
  server = await NtfyServer.start();
});
afterAll(() => server?.stop());

const found = stream(eventsOf(JSON.stringify(NOTES)));

describe('the real Claude Code, the real ntfy server, and a stand-in for Perplexity', () => {
  let web: Awaited<ReturnType<typeof stubPerplexity>>;
  afterEach(() => web[Symbol.asyncDispose]());

  async function start(reply: StubReply, scenario: Scenario, env: Record<string, string> = {}) {
    web = await stubPerplexity(reply);
    const perplexity = { PERPLEXITY_API_KEY: 'pplx-made-up-0123456789', PERPLEXITY_BASE_URL: web.url };
    return Journey.start(server, { scenario, env: { ...perplexity, ...env } });
  }

  async function ask(journey: Journey, text: string) {
    await journey.phone.send(text);
    const request = idIn(await acknowledged(journey, text.replace(/^\w+: /, '')));
    const last = await final(journey, request);
    const said = journey.phone.notices.filter((notice) => notice.title.includes(request));
    return { request, last, said };
  }

  const untouched = ({ app }: Journey) => {
    expect(app.git('status', '--porcelain')).toBe('');
    expect(app.git('branch', '--format=%(refname:short)')).toBe('main');
    expect(app.git('worktree', 'list').split('\n')).toHaveLength(1);
  };

  test('CODE: what the web says comes to the agent last, fenced, and the request first', async () => {
    await using journey = await start(found, { turns: writes('login.txt') });
    const { said, last } = await ask(journey, 'CODE: add a login with passkeys in src/auth/login.ts');
    expect(said.map(({ body }) => body)).toContainEqual(
      expect.stringMatching(/^By perplexity\/sonar, 2 sources, .*\$0\.001\.$/),
    );
    expect(last.title).toMatch(/^✅/u);
    const prompt = journey.stub.requests[0]!.first;
    expect(prompt).toContain('# Task\nadd a login with passkeys in src/auth/login.ts\n');
    expect(prompt).toMatch(/<research-(\w+)>\nUse passkeys\.[\s\S]*<\/research-\1>\n\n# Report\n/);
    expect(web.requests[0]!.body.input).toMatch(/^add a login with passkeys in \[file\]/);
    expect(JSON.stringify(web.requests[0]!.body)).not.toContain(journey.app.path);
  });

  test('RESEARCH about the world: an answer with its sources and a button, no agent, nothing changed', async () => {
    await using journey = await start(found, { turns: [] });
    const { last } = await ask(journey, 'RESEARCH: what is the difference between OAuth and OIDC?');
    expect(last.title).toMatch(/^🔎 .* perplexity\/sonar answered$/u);
    expect(last.body).toMatch(/^Use passkeys\.\n/);
    expect(last.body).toMatch(/\[7\] host7\.example – Page 7\n\[2\] host2\.example – Page 2$/);
    expect(last.actions).toMatchObject([{ action: 'view', label: 'Sources', url: 'https://host7.example/p' }]);
    expect(journey.stub.requests).toEqual([]);
    untouched(journey);
  });

  test('RESEARCH about this code: one answer from both, nothing changed', async () => {
    await using journey = await start(found, {
      turns: [{ text: 'A cookie, see auth.js:12; passkeys are better [2].' }],
    });
    const { last } = await ask(journey, 'RESEARCH: how does auth work here?');
    expect(last.body).toMatch(/^A cookie, see auth\.js:12; passkeys are better \[2\]\.\n/);
    expect(last.body).toMatch(/\[2\] host2\.example – Page 2\n\[7\] host7\.example – Page 7$/);
    expect(journey.stub.requests[0]!.first).toContain('Passkeys resist phishing. [7][2]');
    expect(journey.stub.requests[0]!.tools).not.toContain('Write');
    untouched(journey);
  });

  test('CODE is done also where the web is silent, and the phone is told', async () => {
    const silent = stream(eventsOf('x').slice(0, 3), 'stall');
    const env = { PERPLEXITY_TIMEOUT: '8', PERPLEXITY_MAX_RETRIES: '0' };
    await using journey = await start(silent, { turns: writes('login.txt') }, env);
    const { said, last } = await ask(journey, 'CODE: add a login');
    expect(said.map(({ body }) => body)).toContainEqual(
      expect.stringMatching(/^Worked out locally.*\nPerplexity gave no full answer within 8 s\.$/),
    );
    expect(last.title).toMatch(/^✅/u);
    await expect.poll(() => web.cancelled).toEqual(['resp_1']);
  });
});
