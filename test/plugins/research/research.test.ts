import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ExecaProcessRunner } from '../../../src/pipeline/services/process-runner.ts';
import { createRedactor, Redact } from '../../../src/pipeline/services/redact.ts';
import { Clock, Environment, Fetch, type Logger, ProcessRunner, Repositories } from '../../../src/pipeline/services.ts';
import { JobStore } from '../../../src/pipeline/store/job-store.ts';
import { memoryStore } from '../../../src/pipeline/store/memory.ts';
import { local } from '../../../src/plugins/research/providers/local.ts';
import { perplexity } from '../../../src/plugins/research/providers/perplexity.ts';
import { responses } from '../../../src/plugins/research/providers/responses.ts';
import { research } from '../../../src/plugins/research/research.ts';
import { defineResearcher } from '../../../src/plugins/research/researcher.ts';
import { brief, verdict } from '../../../src/plugins/slots.ts';
import { given, silent, startStep } from '../../support/fake-intake.ts';
import { fakeEnvironment, hermetic } from '../../support/fake-run.ts';
import {
  answerOf,
  eventsOf,
  openAiEventsOf,
  type StubReply,
  send,
  stream,
  stubPerplexity,
} from '../../support/stub-perplexity.ts';

const HOUR = 3600_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'milton-research-'));
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ scripts: { test: 'x' }, dependencies: { react: '19.1.0' } }),
  );
});
afterAll(() => rm(folder, { recursive: true }));

interface Asked {
  readonly text?: string;
  readonly kind?: 'CODE' | 'RESEARCH';
  readonly named?: true;
  readonly repository?: string;
  readonly journal?: Map<string, unknown>;
  readonly signal?: AbortSignal;
}

type Options = NonNullable<Parameters<typeof research>[0]>;
type Known = { by: string; text: string; fallback?: string; sources: unknown[]; [more: string]: unknown };

/** The step with these providers, over a store that it may share with another one. */
function start(providers: Options['providers'], more: Options = {}, store = memoryStore()) {
  const warnings: string[] = [];
  const logger: Logger = { ...silent, warn: (text) => void warnings.push(text) };
  // Far from the end of a day.
  const time = { now: new Date().setHours(12, 0, 0, 0) };
  const services = [
    given(Repositories, [{ name: 'app', path: folder, agent: undefined }]),
    given(Clock, { now: () => (time.now += 100) }),
    given(Fetch, globalThis.fetch),
    given(Redact, createRedactor(['made-up-key'])),
    given(JobStore, store),
    given(ProcessRunner, new ExecaProcessRunner()),
    given(Environment, fakeEnvironment(hermetic(folder))),
  ];
  const step = startStep(research({ ...(providers ? { providers } : {}), ...more }), { services, logger });
  const ask = async ({ text = 'add a login', kind = 'CODE', repository = 'app', named, ...sent }: Asked = {}) => {
    const task = { kind, text, repository, agent: 'claude', ...(named ? { named } : {}) };
    const outcome = await step({ slots: [[verdict, task]], ...sent });
    const notices = outcome.notices.filter((notice) => notice.kind === 'milestone');
    const progress = outcome.notices.filter((notice) => notice.kind === 'progress').map(({ title }) => title);
    return { ...outcome, brief: outcome.slot<Known>(brief)!, notice: notices[0]!, notices, progress };
  };
  return { ask, warnings, time, store };
}

/** Perplexity at a stub, tried once. */
const web = (baseUrl: string, more: Parameters<typeof perplexity>[0] = {}) =>
  perplexity({ apiKey: 'made-up-key', baseUrl, tryTimeout: 60, maxRetries: 0, ...more });

const without = () => perplexity({ baseUrl: 'https://api.example', tryTimeout: 5, maxRetries: 0 });

describe('without a key', () => {
  it('works out a brief locally, says so, and goes on', async () => {
    const { ask, warnings } = start([without(), local()]);
    const { brief, notice, passedOn, notices } = await ask();
    expect(passedOn).toBe(true);
    expect(brief).toMatchObject({ by: 'local', fallback: 'PERPLEXITY_API_KEY is not set.', sources: [] });
    expect(brief.text).toContain('npm test');
    expect(notices).toHaveLength(1);
    expect(notice).toMatchObject({ title: '🔎 [req_aaaaaa] research complete', priority: 2 });
    expect(notice.tags).toBeUndefined();
    expect(notice.body).toMatch(/^Worked out locally, without the web, 0\.1 s\.\nPERPLEXITY_API_KEY is not set\.$/);
    expect(warnings).toEqual([]);
  });

  it('gives the same brief every time', async () => {
    const { ask } = start([without(), local()]);
    expect((await ask()).brief).toEqual((await ask()).brief);
  });

  it('asks nobody, and says nothing of it, where only local() is listed', async () => {
    const { brief, notice } = await start([local()]).ask();
    expect(brief.by).toBe('local');
    expect(brief).not.toHaveProperty('fallback');
    expect(notice.body).toBe('Worked out locally, without the web, 0.1 s.');
  });

  it('works it out locally also where nobody has listed local()', async () => {
    expect((await start([without()]).ask()).brief.by).toBe('local');
  });
});

describe('with a key', () => {
  it('asks Perplexity and says who wrote the brief', async () => {
    await using stub = await stubPerplexity(stream(eventsOf('Use passkeys [7].')));
    const { brief, notice } = await start([web(stub.url), local()]).ask();
    expect(brief).toMatchObject({ by: 'perplexity/sonar', sources: [{ n: '7', title: 'Page 7' }], costUsd: 0.00119 });
    expect(brief).not.toHaveProperty('fallback');
    expect(notice.body).toMatch(/^By perplexity\/sonar, 1 source, 0\.\d s, \$0\.001\.$/);
    expect(stub.requests[0]!.body.input).toContain('react 19.1.0');
    expect(JSON.stringify(stub.requests[0]!.body)).not.toContain(folder);
  });

  it('tells what it searches for, clean and short', async () => {
    const events = eventsOf('x').map((event) =>
      'queries' in event ? { ...event, queries: ['made-up-key \u202e passkeys', '', 'x'.repeat(500)] } : event,
    );
    await using stub = await stubPerplexity(stream(events));
    const { progress } = await start([web(stub.url)]).ask();
    expect(progress).toEqual([expect.stringMatching(/^🔎 \[req_aaaaaa\] searching: \[redacted\] +passkeys · x+…$/)]);
    expect(progress[0]!.length).toBeLessThan(150);
  });

  it.each<[StubReply, RegExp]>([
    [send(401, { error: { message: 'bad key made-up-key' } }), /401: bad key \[redacted\]\. Check PERPLEXITY_API_KEY/],
    [send(429, '{}', { 'retry-after': '900' }), /answered 429/],
    [send(200, '<html>'), /web page/],
    [stream([], 'cut'), /connection to Perplexity failed/],
  ])('falls back to the local brief and says why (%#)', async (reply, why) => {
    await using stub = await stubPerplexity(reply);
    const { ask, warnings } = start([web(stub.url), local()]);
    const { brief, notice, passedOn } = await ask();
    expect(passedOn).toBe(true);
    expect(brief).toMatchObject({ by: 'local', fallback: expect.stringMatching(why) });
    expect(notice.body).toMatch(why);
    expect(warnings).toEqual([expect.stringMatching(why)]);
  });

  it('is not taken for a local brief, whatever its model is called', async () => {
    await using stub = await stubPerplexity(send(200, answerOf('fine', { model: 'local' })));
    const { brief, notice } = await start([web(stub.url)]).ask();
    expect(brief).not.toHaveProperty('offline');
    expect(notice.body).toMatch(/^By local, /);
  });

  it('says loudly once what somebody has to mend, and quietly from then on', async () => {
    await using stub = await stubPerplexity(send(401, '{}'), send(401, '{}'), send(410, '{}'));
    const { ask } = start([web(stub.url)]);
    const first = await ask({ text: 'one' });
    expect(first.notice).toMatchObject({ priority: 4, tags: ['warning'] });
    expect((await ask({ text: 'two' })).notice.priority).toBe(2);
    expect((await ask({ text: 'three' })).notice.priority).toBe(4);
  });

  it('shows no control characters that a server put into its error', async () => {
    await using stub = await stubPerplexity(send(400, { error: 'x\u001b[31m\u202e y' }));
    const { notice } = await start([web(stub.url)]).ask();
    expect(notice.body).not.toMatch(/[\u001b\u202e]/);
  });

  it('names a retired model and what was used instead, and says nothing of a current one', async () => {
    await using stub = await stubPerplexity(send(200, answerOf('fine')));
    const retired = await start([web(stub.url, { model: 'sonar-pro' })]).ask();
    expect(retired.notice.body).toContain('PERPLEXITY_MODEL=sonar-pro no longer exists; the preset "low" was used.');
    const current = await start([web(stub.url, { model: 'low' })]).ask();
    expect(current.notice.body).not.toContain('PERPLEXITY_MODEL');
  });

  it('does not ask again when the run is resumed', async () => {
    await using stub = await stubPerplexity(send(200, answerOf('fine')));
    const { ask } = start([web(stub.url)]);
    const journal = new Map<string, unknown>();
    const first = await ask({ journal });
    const second = await ask({ journal });
    expect(stub.requests).toHaveLength(1);
    expect(second.brief).toEqual(first.brief);
    expect(second.notices).toEqual(first.notices);
  });

  it('tells of a few searches, however many there are', async () => {
    const search = { type: 'response.reasoning.search_queries', queries: ['again'] };
    await using stub = await stubPerplexity(stream([...Array.from({ length: 50 }, () => search), ...eventsOf('x')]));
    expect((await start([web(stub.url)]).ask()).progress).toHaveLength(5);
  });

  it('ends at once when the run is stopped, without a fallback', async () => {
    await using stub = await stubPerplexity(stream(eventsOf('x').slice(0, 3), 'stall'));
    const controller = new AbortController();
    const { ask } = start([web(stub.url)]);
    const run = ask({ signal: controller.signal });
    await expect.poll(() => stub.requests.length).toBe(1);
    controller.abort(new Error('cancelled'));
    await expect(run).rejects.toThrow('cancelled');
    await expect.poll(() => stub.open.size).toBe(0);
  });

  it.each(['http://api.example', 'http://192.168.1.2'])('T20: refuses to send the key to %s', async (baseUrl) => {
    await expect(start([web(baseUrl)]).ask()).rejects.toMatchObject({ code: 'INSECURE_URL' });
  });
});

describe('several that can be asked', () => {
  it('go one after the other, and the notice names the first error and who answered', async () => {
    await using first = await stubPerplexity(send(429, '{}', { 'retry-after': '900' }));
    await using second = await stubPerplexity(stream(openAiEventsOf('See (https://a.example).')));
    const { ask } = start([web(first.url), responses({ baseUrl: second.url, model: 'm', maxRetries: 0 }), local()]);
    const { brief, notice } = await ask();
    expect(brief).toMatchObject({ by: 'gpt-5.2-2026-08-01', fallback: 'Perplexity answered 429.', tokens: 1000 });
    expect(notice.body).toMatch(/^By gpt-5\.2-2026-08-01, 0 sources, 0\.\d s\.\nPerplexity answered 429\.$/);
  });

  it('go on after whatever one of them throws', async () => {
    const broken = defineResearcher({
      name: 'broken',
      create: ({ name }) => ({ name, research: async () => (undefined as never as { x: { y: never } }).x.y }),
    });
    const empty = defineResearcher({
      name: 'empty',
      create: ({ name }) => ({ name, research: async () => ({ by: 'x', text: ' \u200b', sources: [] }) }),
    });
    const { brief } = await start([empty(), broken(), local()]).ask();
    expect(brief).toMatchObject({
      by: 'local',
      fallback: 'empty gave an answer that is empty or has an unknown form.',
    });
  });

  it('get only what may leave the machine', async () => {
    let outgoing = '';
    const spy = defineResearcher({
      name: 'spy',
      create: ({ name }) => ({
        name,
        async research(question) {
          outgoing = question.outgoing;
          return { by: name, text: 'fine', sources: [] };
        },
      }),
    });
    await start([spy()]).ask({ text: 'fix src/login.ts with made-up-key' });
    expect(outgoing).toBe('fix [file] with [redacted]\n\nThe project uses: JavaScript, react 19.1.0.');
  });

  it.each([
    ['something else', ['perplexity']],
    ['a function that was not called', [perplexity]],
    ['nobody', []],
  ])('cannot be %s', (_what, providers) => {
    const { options } = research({ providers: providers as never }).plugin;
    expect(options?.safeParse({ providers }).success).toBe(false);
  });
});

describe('what is known from the last day', () => {
  it('is not asked for again, also not by a Milton that has restarted, and costs nothing', async () => {
    await using stub = await stubPerplexity(send(200, answerOf('fine [7]')));
    const store = memoryStore();
    const first = await start([web(stub.url)], {}, store).ask();
    const again = await start([web(stub.url)], {}, store).ask({ text: '  add  a login ' });
    expect(stub.requests).toHaveLength(1);
    expect(again.brief).toEqual({ ...first.brief, cached: true, ms: expect.any(Number) });
    expect(again.notice.body).toBe('By perplexity/sonar, 1 source, found within the last day.');
  });

  it('is asked for again the next day', async () => {
    await using stub = await stubPerplexity(send(200, answerOf('fine [7]')));
    const time = { now: 0 };
    const store = memoryStore({ now: () => time.now });
    const { ask, time: own } = start([web(stub.url)], {}, store);
    time.now = own.now;
    await ask();
    time.now += 23 * HOUR;
    await ask();
    expect(stub.requests).toHaveLength(1);
    time.now += 2 * HOUR;
    await ask();
    expect(stub.requests).toHaveLength(2);
  });

  it.each([
    ['request', {}, { text: 'add a logout' }],
    ['kind', {}, { kind: 'RESEARCH' as const }],
    ['model', { model: 'low' }, {}],
  ])('is asked for with another %s', async (_what, options, asked) => {
    await using stub = await stubPerplexity(send(200, answerOf('fine [7]')));
    const store = memoryStore();
    await start([web(stub.url)], {}, store).ask();
    await start([web(stub.url, options)], {}, store).ask(asked);
    expect(stub.requests).toHaveLength(2);
  });

  const half = { type: 'response.incomplete', response: answerOf('{"summary":"Half an', { status: 'incomplete' }) };
  it.each<[string, StubReply]>([
    ['was cut', stream([half])],
    ['names no sources', send(200, answerOf('fine'))],
  ])('is no answer that %s', async (_why, reply) => {
    await using stub = await stubPerplexity(reply);
    const store = memoryStore();
    await start([web(stub.url)], {}, store).ask();
    const { brief } = await start([web(stub.url)], {}, store).ask();
    expect(stub.requests).toHaveLength(2);
    expect(brief.text).toMatch(/^fine$|^Half an\n\n\(The answer was cut: it reached the limit of its length\.\)$/);
  });

  it('is not good enough for who has the request run once more', async () => {
    await using stub = await stubPerplexity(send(200, answerOf('fine [7]')));
    const store = memoryStore();
    await start([web(stub.url)], {}, store).ask();
    const retried = Object.assign(Object.create(store), {
      get: async () => ({ retryOf: 'req_bbbbbb' }),
      recall: (key: string) => store.recall(key),
      remember: (key: string, value: never, until?: number) => store.remember(key, value, until),
    });
    await start([web(stub.url)], {}, retried).ask();
    expect(stub.requests).toHaveLength(2);
  });

  it('is no error, and nothing that was only worked out locally', async () => {
    await using stub = await stubPerplexity(send(503, '{}'), send(200, answerOf('fine [7]')));
    const store = memoryStore();
    expect((await start([web(stub.url)], {}, store).ask()).brief.by).toBe('local');
    expect((await start([web(stub.url)], {}, store).ask()).brief.by).toBe('perplexity/sonar');
  });

  it('tells nobody what was asked who reads its key, and costs nothing but itself where the store is out', async () => {
    await using stub = await stubPerplexity(send(200, answerOf('fine [7]')));
    const keys: string[] = [];
    const store = memoryStore();
    const out = Object.assign(Object.create(store), {
      get: async () => undefined,
      recall: async (key: string) => {
        if (key.startsWith('research:')) return undefined;
        keys.push(key);
        throw new Error('out');
      },
      remember: async () => {
        throw new Error('out');
      },
    });
    const { brief } = await start([web(stub.url)], {}, out).ask();
    expect(brief.by).toBe('perplexity/sonar');
    expect(keys.join()).not.toMatch(/login/);
  });
});

describe('the budget of a day', () => {
  it('ends the asking until the next day', async () => {
    await using stub = await stubPerplexity(send(200, answerOf('fine [7]')));
    const { ask, time } = start([web(stub.url)], { dailyLimits: { costUsd: 0.002 } });
    await ask({ text: 'one' });
    await ask({ text: 'two' });
    const { brief, notice } = await ask({ text: 'three' });
    expect(stub.requests).toHaveLength(2);
    expect(brief).toMatchObject({
      by: 'local',
      fallback: expect.stringMatching(/^Today's budget is used up: \$0\.00 /),
    });
    expect(notice.body).toContain('dailyLimits of research()');
    time.now += 24 * HOUR;
    expect((await ask({ text: 'four' })).brief.by).toBe('perplexity/sonar');
  });

  it('does not keep anybody from what is known already', async () => {
    await using stub = await stubPerplexity(send(200, answerOf('fine [7]')));
    const { ask } = start([web(stub.url)], { dailyLimits: { costUsd: 0.001 } });
    await ask({ text: 'one' });
    expect((await ask({ text: 'one' })).brief).toMatchObject({ by: 'perplexity/sonar', cached: true });
  });

  it('counts tokens where a service tells no cost', async () => {
    await using stub = await stubPerplexity(stream(openAiEventsOf('fine')));
    const provider = responses({ baseUrl: stub.url, model: 'm', maxRetries: 0 });
    const { ask } = start([provider], { dailyLimits: { tokens: 1000 } });
    await ask({ text: 'one' });
    expect((await ask({ text: 'two' })).brief.fallback).toContain('1,000 tokens of 1,000 tokens');
  });
});

describe('a question', () => {
  const ask = async (asked: Asked, reply: StubReply = stream(eventsOf('It is so [7].'))) => {
    await using stub = await stubPerplexity(reply);
    return (await start([web(stub.url)]).ask({ kind: 'RESEARCH', ...asked })).brief;
  };
  const general = 'what is the difference between OAuth and OIDC?';

  it('about the world is answered by the web', async () => {
    expect(await ask({ text: general })).toMatchObject({ answers: true });
  });

  it.each<[string, Asked, StubReply?]>([
    ['is about this code', { text: 'how does auth work?' }],
    ['names a repository', { text: general, named: true }],
    ['found no answer on the web', { text: general }, send(500, '{}')],
    ['is a CODE request', { text: general, kind: 'CODE' }],
    ['was answered without sources', { text: general }, stream(eventsOf('From memory.'))],
    ['could not be sent whole', { text: 'what is the best way to write /etc/nginx/nginx.conf?' }],
  ])('is left to the agent where it %s', async (_why, asked, reply) => {
    expect(await ask(asked, reply)).not.toHaveProperty('answers');
  });
});

it('says so when the repository is gone from the configuration', async () => {
  await expect(start([local()]).ask({ repository: 'gone' })).rejects.toMatchObject({ code: 'UNKNOWN_REPOSITORY' });
});
