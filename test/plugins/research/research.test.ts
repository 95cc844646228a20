import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRedactor, Redact } from '../../../src/pipeline/services/redact.ts';
import { Clock, Fetch, type Logger, Repositories } from '../../../src/pipeline/services.ts';
import { research } from '../../../src/plugins/research/research.ts';
import { brief, verdict } from '../../../src/plugins/slots.ts';
import { given, silent, startStep } from '../../support/fake-intake.ts';
import { answerOf, eventsOf, send, stream, stubPerplexity } from '../../support/stub-perplexity.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-research-'));
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ scripts: { test: 'x' }, dependencies: { react: '19.1.0' } }),
  );
});
afterAll(() => rm(folder, { recursive: true }));

interface Options {
  readonly apiKey?: string;
  readonly baseUrl?: string;
  readonly model?: string;
}

function start(options: Options = {}) {
  const warnings: string[] = [];
  const logger: Logger = { ...silent, warn: (text) => void warnings.push(text) };
  let now = 0;
  const services = [
    given(Repositories, [{ name: 'app', path: folder, agent: undefined }]),
    given(Clock, { now: () => (now += 3200) }),
    given(Fetch, globalThis.fetch),
    given(Redact, createRedactor(['made-up-key'])),
  ];
  const step = startStep(research({ baseUrl: 'https://api.example', tryTimeout: 5, maxRetries: 0, ...options }), {
    services,
    logger,
  });
  const ask = async (more: { journal?: Map<string, unknown>; signal?: AbortSignal; repository?: string } = {}) => {
    const task = { kind: 'CODE', text: 'add a login', repository: more.repository ?? 'app', agent: 'claude' };
    const outcome = await step({ slots: [[verdict, task]], ...more });
    return { ...outcome, brief: outcome.slot<Record<string, unknown>>(brief), notice: outcome.notices[0]! };
  };
  return { ask, warnings };
}

describe('without a key', () => {
  it('works out a brief locally, says so, and goes on', async () => {
    const { brief, notice, passedOn, notices } = await start().ask();
    expect(passedOn).toBe(true);
    expect(brief).toMatchObject({ by: 'local', fallback: 'PERPLEXITY_API_KEY is not set.', sources: [] });
    expect(brief!.text).toContain('test: npm test');
    expect(notices).toHaveLength(1);
    expect(notice).toMatchObject({ title: '🔎 [req_aaaaaa] research complete', kind: 'milestone' });
    expect(notice.tags).toBeUndefined();
    expect(notice.body).toMatch(/locally.*3\.2 s[\s\S]*PERPLEXITY_API_KEY is not set/);
  });

  it('gives the same brief every time', async () => {
    const { ask } = start();
    expect((await ask()).brief).toEqual((await ask()).brief);
  });
});

describe('with a key', () => {
  it('asks Perplexity and says who wrote the brief', async () => {
    await using stub = await stubPerplexity(stream(eventsOf('Use passkeys [7].')));
    const { brief, notice } = await start({ apiKey: 'made-up-key', baseUrl: stub.url }).ask();
    expect(brief).toMatchObject({ by: 'perplexity/sonar', sources: [{ title: 'Page 7' }] });
    expect(brief).not.toHaveProperty('fallback');
    expect(notice.body).toBe('By perplexity/sonar, 1 source, 3.2 s, $0.001.');
    expect(stub.requests[0]!.body.input).toContain('react 19.1.0');
    expect(JSON.stringify(stub.requests[0]!.body)).not.toContain(folder);
  });

  it.each([
    [send(401, { error: { message: 'bad key made-up-key' } }), /401: bad key \[redacted\]\. Check PERPLEXITY_API_KEY/],
    [send(429, '{}', { 'retry-after': '900' }), /answered 429/],
    [send(200, '<html>'), /web page/],
    [stream([], 'cut'), /connection to Perplexity failed/],
  ])('falls back to the local brief and says why (%#)', async (reply, why) => {
    await using stub = await stubPerplexity(reply);
    const { ask, warnings } = start({ apiKey: 'made-up-key', baseUrl: stub.url });
    const { brief, notice, passedOn } = await ask();
    expect(passedOn).toBe(true);
    expect(brief).toMatchObject({ by: 'local', fallback: expect.stringMatching(why) });
    expect(notice.body).toMatch(why);
    expect(warnings).toEqual([expect.stringMatching(why)]);
  });

  it('shows no control characters that a server put into its error', async () => {
    await using stub = await stubPerplexity(send(400, { error: 'x\u001b[31m\u202e y' }));
    const { notice } = await start({ apiKey: 'made-up-key', baseUrl: stub.url }).ask();
    expect(notice.body).not.toMatch(/[\u001b\u202e]/);
  });

  it('names a retired model and what was used instead', async () => {
    await using stub = await stubPerplexity(send(200, answerOf('fine')));
    const { notice } = await start({ apiKey: 'made-up-key', baseUrl: stub.url, model: 'sonar-pro' }).ask();
    expect(notice.body).toContain('PERPLEXITY_MODEL=sonar-pro no longer exists; the preset "low" was used.');
  });

  it('does not ask again when the run is resumed', async () => {
    await using stub = await stubPerplexity(send(200, answerOf('fine')));
    const { ask } = start({ apiKey: 'made-up-key', baseUrl: stub.url });
    const journal = new Map<string, unknown>();
    const first = await ask({ journal });
    const second = await ask({ journal });
    expect(stub.requests).toHaveLength(1);
    expect(second.brief).toEqual(first.brief);
    expect(second.notices).toEqual(first.notices);
  });

  it('ends at once when the run is stopped, without a fallback', async () => {
    await using stub = await stubPerplexity(stream([], 'stall'));
    const controller = new AbortController();
    const { ask } = start({ apiKey: 'made-up-key', baseUrl: stub.url });
    const run = ask({ signal: controller.signal });
    await expect.poll(() => stub.requests.length).toBe(1);
    controller.abort(new Error('cancelled'));
    await expect(run).rejects.toThrow('cancelled');
    await expect.poll(() => stub.open.size).toBe(0);
  });

  it.each(['http://api.example', 'http://192.168.1.2'])('T20: refuses to send the key to %s', (baseUrl) => {
    expect(() => start({ apiKey: 'made-up-key', baseUrl })).toThrowError(
      expect.objectContaining({ code: 'INSECURE_URL' }),
    );
  });
});

it('says so when the repository is gone from the configuration', async () => {
  await expect(start().ask({ repository: 'gone' })).rejects.toMatchObject({ code: 'UNKNOWN_REPOSITORY' });
});
