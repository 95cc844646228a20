import nock from 'nock';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { notes } from '../../../src/plugins/research/notes.ts';
import { perplexity } from '../../../src/plugins/research/providers/perplexity.ts';
import { catcher } from '../../support/catcher.ts';
import { makePart } from '../../support/fake-run.ts';
import { question, waiting } from '../../support/research.ts';
import {
  answerOf,
  eventsOf,
  flood,
  NOTES,
  type StubReply,
  send,
  stream,
  stubPerplexity,
} from '../../support/stub-perplexity.ts';

interface Schema {
  readonly type: string;
  readonly additionalProperties?: boolean;
  readonly required?: readonly string[];
  readonly properties: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

type Settings = NonNullable<Parameters<typeof perplexity>[0]>;

const KEY = 'pplx-made-up-key';

const client = (baseUrl: string, settings: Settings = {}) =>
  makePart(perplexity({ apiKey: KEY, baseUrl, tryTimeout: 60, maxRetries: 3, ...settings }), { secrets: [KEY] });

const never = new AbortController().signal;

/** Asks a stub that gives these replies, without pauses between tries. */
async function ask(replies: readonly StubReply[], settings: Settings = {}, signal = never) {
  await using stub = await stubPerplexity(...replies);
  const searches: string[][] = [];
  const researcher = await client(stub.url, settings);
  const outcome = await researcher
    .research(question(), { signal, searching: (queries) => void searches.push([...queries]) })
    .then(
      (finding) => ({ finding, error: undefined }),
      (error: Error & { retryable?: boolean; hint?: string }) => ({ finding: undefined, error }),
    );
  await expect.poll(() => stub.open.size).toBe(0);
  const { requests, cancelled } = stub;
  return { ...outcome, tries: requests.length, requests, cancelled: [...cancelled], searches };
}

beforeEach(() => {
  vi.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(() => {
  vi.restoreAllMocks();
  nock.cleanAll();
});

describe('the request', () => {
  async function sent(settings: Settings, asked = question()) {
    let body: Record<string, unknown> = {};
    const scope = nock('https://api.example', {
      reqheaders: { authorization: 'Bearer pplx-made-up-key', 'content-type': 'application/json' },
    })
      .post('/v1/agent', (json) => {
        body = json;
        return true;
      })
      .reply(200, answerOf('fine'));
    await (await client('https://api.example/', settings)).research(asked, waiting());
    scope.done();
    return body;
  }

  it('asks Sonar with search forced, streamed and not stored', async () => {
    expect(await sent({})).toMatchObject({
      model: 'perplexity/sonar',
      tools: [{ type: 'web_search' }],
      tool_choice: 'required',
      stream: true,
      store: false,
      max_output_tokens: expect.any(Number),
      max_steps: expect.any(Number),
      response_format: { type: 'json_schema', json_schema: { name: 'notes', strict: true } },
    });
  });

  it('asks for every field of the structured answer, in the strict form', async () => {
    const { response_format: format } = (await sent({})) as { response_format: { json_schema: { schema: Schema } } };
    const { schema } = format.json_schema;
    expect(Object.keys(schema.properties)).toEqual(Object.keys(notes.shape));
    const strict = (each: Schema): void => {
      if (each.items) strict(each.items);
      if (each.type !== 'object') return;
      expect(each.additionalProperties).toBe(false);
      expect(each.required).toEqual(Object.keys(each.properties));
      Object.values(each.properties).forEach(strict);
    };
    strict(schema);
  });

  it.each([
    ['openai/gpt-5', { model: 'openai/gpt-5', tool_choice: 'required' }],
    ['fast', { preset: 'fast' }],
    ['Wide-Research', { preset: 'wide-research' }],
    ['sonar', { preset: 'fast' }],
    ['sonar-pro', { preset: 'low' }],
    ['sonar-reasoning-pro', { preset: 'medium' }],
    ['sonar-deep-research', { preset: 'high' }],
    ['  ', { model: 'perplexity/sonar' }],
  ])('takes PERPLEXITY_MODEL=%s', async (model, expected) => {
    const body = await sent({ model });
    expect(body).toMatchObject(expected);
    if ('preset' in expected)
      expect(Object.keys(body)).not.toEqual(expect.arrayContaining(['model', 'tools', 'tool_choice']));
  });

  it('sends what may leave the machine, and nothing else of the question', async () => {
    const asked = question('add a login');
    const body = await sent({}, { ...asked, outgoing: 'only this' });
    expect(body.input).toBe('only this');
    expect(JSON.stringify(body)).not.toMatch(/add a login|Add the login page|CLAUDE\.md|npm test/);
  });

  it('tells CODE and RESEARCH apart', async () => {
    const code = await sent({});
    const research = await sent({}, question('which library?', 'RESEARCH'));
    expect(code.instructions).not.toBe(research.instructions);
  });
});

describe('the answer', () => {
  it('is read from a stream', async () => {
    const { finding, tries, requests } = await ask([
      stream(eventsOf('Use passkeys [7], not SMS [2][7]. arr[1] stays [99].')),
    ]);
    expect(tries).toBe(1);
    expect(requests[0]!.path).toBe('/v1/agent');
    expect(finding).toMatchObject({ by: 'perplexity/sonar', costUsd: 0.00119 });
    expect(finding!.text).toBe('Use passkeys [7], not SMS [2][7]. arr[1] stays [99].');
    expect(finding!.sources.map(({ n, url }) => `${n} ${url}`)).toEqual([
      '7 https://host7.example/p?utm=1',
      '2 https://host2.example/p?utm=1',
      '1 https://host1.example/p?utm=1',
    ]);
  });

  it('is read from a whole body', async () => {
    expect((await ask([send(200, answerOf('Short.'))])).finding).toMatchObject({ text: 'Short.', sources: [] });
  });

  it('takes from the stream what the last event lacks', async () => {
    const bare = { status: 'completed', output: [] };
    const { finding } = await ask([stream(eventsOf('See [9].', bare))]);
    expect(finding).toMatchObject({
      by: 'Perplexity',
      sources: [{ n: '9', title: 'Page 9', url: 'https://host9.example/' }],
    });
    expect(finding).not.toHaveProperty('costUsd');
  });

  it('keeps an answer that stopped at its length limit', async () => {
    const events = eventsOf('Half').slice(0, -1);
    const last = { type: 'response.incomplete', response: answerOf('Half', { status: 'incomplete' }) };
    expect((await ask([stream([...events, last])])).finding?.text).toBe('Half');
  });

  it('is written out where it keeps to the structure, with the numbers of its sources', async () => {
    const { finding } = await ask([stream(eventsOf(JSON.stringify(NOTES)))]);
    expect(finding?.notes).toMatchObject({ summary: 'Use passkeys.', pitfalls: ['Safari asks for a gesture.'] });
    expect(finding?.text).toBe(
      [
        'Use passkeys.',
        '- Passkeys resist phishing. [7][2]\n- SMS codes do not [2].',
        'Pitfalls:\n- Safari asks for a gesture.',
        'Security:\n- Check the origin.',
        'Tests:\n- A wrong origin is refused.',
      ].join('\n\n'),
    );
    expect(finding?.sources.map(({ n }) => n)).toEqual(['7', '2']);
  });

  it('tells what is searched for', async () => {
    const { searches } = await ask([stream(eventsOf('x'))]);
    expect(searches).toEqual([['passkeys node']]);
  });

  it('is not disturbed by events and items it does not know', async () => {
    const odd = [
      { type: 'new.event' },
      { no: 'type' },
      42 as never,
      null as never,
      { type: 'response.output_text.delta' },
    ];
    expect((await ask([stream([...odd, ...eventsOf('Fine.')])])).finding?.text).toContain('Fine.');
  });
});

describe('errors', () => {
  it.each([
    [{ error: { message: 'bad model', type: 'x', code: 400 } }],
    [{ error: 'bad model' }],
    [{ detail: 'bad model' }],
    [{ detail: [{ msg: 'bad model' }] }],
    [{ message: 'bad model' }],
  ])('says what the server said: %j', async (body) => {
    const { error, tries } = await ask([send(400, body)]);
    expect(error).toMatchObject({
      code: 'RESEARCH',
      message: 'Perplexity answered 400: bad model.',
      hint: expect.any(String),
    });
    expect(tries).toBe(1);
  });

  it.each([
    [401, /PERPLEXITY_API_KEY/],
    [403, /PERPLEXITY_API_KEY/],
    [404, /PERPLEXITY_BASE_URL/],
    [410, /update/],
    [422, undefined],
  ])('does not repeat a %i', async (status, hint) => {
    const { error, tries } = await ask([send(status, '{}')]);
    expect(tries).toBe(1);
    expect(error?.message).toBe(`Perplexity answered ${status}.`);
    expect(error?.hint ?? '').toMatch(hint ?? /^$/);
  });

  it.each([408, 409, 425, 429, 500, 502, 503])('repeats a %i until it works', async (status) => {
    const { finding, tries } = await ask([send(status, '<html>'), send(status, '{'), send(200, answerOf('ok'))]);
    expect(finding?.text).toBe('ok');
    expect(tries).toBe(3);
  });

  it('gives up after the configured number of repeats', async () => {
    expect(await ask([send(503, '{}')], { maxRetries: 2 })).toMatchObject({ tries: 3, error: { retryable: true } });
    expect(await ask([send(503, '{}')], { maxRetries: 0 })).toMatchObject({ tries: 1 });
  });

  it('waits as long as the server asks', async () => {
    const began = performance.now();
    await ask([send(429, '{}', { 'retry-after': '1' }), send(200, answerOf('ok'))]);
    expect(performance.now() - began).toBeGreaterThan(950);
  });

  it.each(['86400', new Date(Date.now() + 3_600_000).toUTCString()])('does not wait for %s', async (after) => {
    expect(await ask([send(429, '{}', { 'retry-after': after })])).toMatchObject({ tries: 1 });
  });

  it.each(['soon', new Date(0).toUTCString(), '-5'])('takes Retry-After: %s as none', async (after) => {
    expect(await ask([send(429, '{}', { 'retry-after': after }), send(200, answerOf('ok'))])).toMatchObject({
      tries: 2,
    });
  });

  it.each(['response_format is not supported', 'Invalid json_schema'])(
    'does without the structure where the server says: %s',
    async (message) => {
      const { finding, requests } = await ask([send(400, { error: { message } }), send(200, answerOf('plain [7]'))]);
      expect(finding).toMatchObject({ text: 'plain [7]', sources: [{ n: '7' }] });
      expect(requests.map(({ body }) => 'response_format' in body)).toEqual([true, false]);
    },
  );

  it('asks once more without tool_choice where the server refuses it, and from then on', async () => {
    const refusal = send(400, { error: { message: 'Unknown field: tool_choice' } });
    await using stub = await stubPerplexity(refusal, send(200, answerOf('ok')));
    const researcher = await client(stub.url);
    await researcher.research(question(), waiting());
    await researcher.research(question(), waiting());
    expect(stub.requests.map(({ body }) => 'tool_choice' in body)).toEqual([true, false, false]);
  });

  it('knows a web page, whatever its status', async () => {
    expect(await ask([send(200, '<!doctype html><p>Sign in', { 'content-type': 'text/html' })])).toMatchObject({
      tries: 1,
      error: { message: expect.stringContaining('web page') },
    });
    expect(await ask([send(502, '<html>', { 'content-type': 'text/html' })], { maxRetries: 0 })).toMatchObject({
      error: { message: 'Perplexity answered 502.' },
    });
  });

  it('knows a failure with status 200, whole and streamed', async () => {
    const whole = send(200, answerOf('', { status: 'failed', output: [], error: { message: 'out of credit.' } }));
    expect(await ask([whole])).toMatchObject({
      tries: 1,
      error: { message: 'The research of Perplexity failed: out of credit.' },
    });
    for (const event of [
      { type: 'response.failed', error: { message: 'out of credit' } },
      { type: 'response.failed', response: { status: 'failed', error: { message: 'out of credit' } } },
      { type: 'error', message: 'out of credit' },
    ]) {
      expect((await ask([stream([event])])).error?.message).toContain('out of credit');
    }
    expect((await ask([send(200, answerOf(''))])).error?.message).toContain('empty');
    expect((await ask([send(200, '[]')])).error?.message).toContain('unknown form');
  });

  it.each([
    ['a stream that ends early', stream(eventsOf('x').slice(0, 5))],
    ['a connection that breaks', stream(eventsOf('x').slice(0, 5), 'cut')],
    ['cut JSON', send(200, JSON.stringify(answerOf('x')).slice(0, 80))],
    [
      'a broken event',
      ((response) =>
        void response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: {"ty\n\n')) as StubReply,
    ],
  ])('repeats after %s', async (_what, reply) => {
    expect(await ask([reply, send(200, answerOf('ok'))])).toMatchObject({ tries: 2, finding: { text: 'ok' } });
  });

  it('T20: a redirect is followed by no request, and the key goes to nobody else', async () => {
    const elsewhere = await catcher();
    const { error, tries } = await ask([send(302, '', { location: elsewhere.url })]);
    expect(tries).toBe(1);
    expect(error).toMatchObject({ message: 'Perplexity answered 302.', hint: expect.stringContaining('redirects') });
    expect(elsewhere.requests).toEqual([]);
    await elsewhere.close();
  });

  it('stops at an endless answer', async () => {
    expect(await ask([flood])).toMatchObject({ tries: 1, error: { message: expect.stringContaining('too long') } });
  });

  it('keeps the status of an error whose page is long', async () => {
    const page = 'x'.repeat(100_000);
    expect(await ask([send(503, page), send(200, answerOf('ok'))])).toMatchObject({
      tries: 2,
      finding: { text: 'ok' },
    });
    expect(await ask([send(401, page)])).toMatchObject({ tries: 1, error: { message: 'Perplexity answered 401.' } });
  });

  it.each([
    [{ error: { message: 'no credit' } }],
    [{ error: 'no credit' }],
    [{ detail: 'no credit' }],
    [{ message: 'no credit' }],
  ])('says what the server says, also with status 200: %j', async (body) => {
    expect((await ask([send(200, body)])).error?.message).toBe('The research of Perplexity failed: no credit.');
  });

  it('tells what an answer has cost that is of no use', async () => {
    const cost = { usage: { total_tokens: 9, cost: { total_cost: 0.5 } } };
    const empty = await ask([send(200, answerOf('', cost))]);
    const failed = await ask([stream([{ type: 'response.failed', response: { status: 'failed', ...cost } }])]);
    for (const { error } of [empty, failed]) expect(error).toMatchObject({ used: { costUsd: 0.5, tokens: 9 } });
  });

  it.each(['..', 'a/b', '\ud800', 'x'.repeat(300)])('cancels no answer of the id %j', async (id) => {
    const events = [{ type: 'response.created', response: { id } }, { type: 'response.in_progress' }];
    expect((await ask([stream(events, 'cut')], { maxRetries: 0 })).cancelled).toEqual([]);
  });

  it('does not give up a field for a refusal that meant something else', async () => {
    const refusal = send(400, { error: { message: 'tool_choice: cannot be used today' } });
    await using stub = await stubPerplexity(refusal, refusal, send(200, answerOf('ok')));
    const researcher = await client(stub.url);
    await researcher.research(question(), waiting()).catch(() => {});
    await researcher.research(question(), waiting());
    expect(stub.requests.map(({ body }) => 'tool_choice' in body)).toEqual([true, false, true]);
  });

  it.each([
    ['white space', `{"summary":"fine"${' '.repeat(500_000)}}`],
    [
      'addresses',
      JSON.stringify({
        ...NOTES,
        facts: Array.from({ length: 3000 }, (_, n) => ({ claim: 'c', sources: [`https://a${n}.example`] })),
      }),
    ],
    ['brackets', '{"summary":'.repeat(50_000)],
    ['numbers', '[1]'.repeat(300_000)],
  ])('an answer full of %s holds nothing up', async (_what, text) => {
    const results = Array.from({ length: 20_000 }, (_, id) => ({ id, title: 't', url: `https://b${id}.example` }));
    const annotations = Array.from({ length: 5000 }, (_, n) => ({
      ...{ type: 'url_citation', title: 't', url: `https://c${n}.example` },
    }));
    const output = [
      { type: 'search_results', results },
      { type: 'message', content: [{ type: 'output_text', text, annotations }] },
    ];
    // Of the processor, since others may have it meanwhile.
    const began = process.cpuUsage();
    await ask([send(200, answerOf('', { output }))]);
    expect(process.cpuUsage(began).user).toBeLessThan(4_000_000);
  });

  it('says so when nobody answers', async () => {
    // A port that nobody is given.
    const researcher = await client('http://127.0.0.1:2', { maxRetries: 1 });
    const error = await researcher.research(question(), waiting()).catch((caught) => caught);
    expect(error).toMatchObject({ message: 'The connection to Perplexity failed: ECONNREFUSED.', retryable: true });
  });

  it('never repeats the key, also where the server does', async () => {
    const { error } = await ask([send(401, { error: 'invalid key pplx-made-up-key' })]);
    expect(error?.message).not.toContain('pplx-made-up-key');
  });
});

describe('limits', () => {
  it.each([
    ['before the headers', (() => {}) as StubReply],
    ['after the headers', stream([], 'stall')],
    ['in the middle', stream(eventsOf('x').slice(0, 5), 'stall')],
  ])('one try outlasts no server that stalls %s', async (_where, reply) => {
    const { error, tries } = await ask([reply], { tryTimeout: 0.6, maxRetries: 1 });
    expect(tries).toBe(2);
    expect(error).toMatchObject({ message: expect.stringContaining('within 0.6 s'), retryable: true });
  });

  it('does not pay again for an answer that only takes longer, and ends it on the server', async () => {
    const drip: StubReply = (response) => {
      const [first, ...rest] = eventsOf('x');
      void stream([first!], 'stall')(response);
      const timer = setInterval(() => response.write(`data: ${JSON.stringify(rest[0])}\n\n`), 20);
      response.on('close', () => clearInterval(timer));
    };
    // A machine that stands still meanwhile makes no silence.
    const now = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => now() / 20);
    const { error, tries, cancelled } = await ask([drip], { tryTimeout: 2 });
    expect(tries).toBe(1);
    expect(error).toMatchObject({ retryable: false, hint: expect.stringContaining('PERPLEXITY_TIMEOUT') });
    expect(cancelled).toEqual(['resp_1']);
  });

  it('timeout 0 means none', async () => {
    const late: StubReply = (response) => void setTimeout(() => send(200, answerOf('late'))(response), 200);
    expect((await ask([late], { tryTimeout: 0 })).finding?.text).toBe('late');
  });

  it.each([
    ['while it waits for the headers', (() => {}) as StubReply],
    ['while it reads', stream(eventsOf('x').slice(0, 5), 'stall')],
  ])('an abort ends it %s', async (_when, reply) => {
    const controller = new AbortController();
    const aborting: StubReply = (response) => {
      void reply(response);
      setTimeout(() => controller.abort(new Error('cancelled')), 30);
    };
    const { error, tries } = await ask([aborting], {}, controller.signal);
    expect(tries).toBe(1);
    expect(error?.message).toBe('cancelled');
  });

  it.each([
    ['somebody stops it', new Error('cancelled'), /^cancelled$/],
    ['the time is up, with the error before it', new DOMException('late', 'TimeoutError'), /429/],
  ])('the pause between two tries ends when %s', async (_why, reason, told) => {
    const controller = new AbortController();
    const began = performance.now();
    const busy: StubReply = (response) => {
      void send(429, '{}', { 'retry-after': '15' })(response);
      setTimeout(() => controller.abort(reason), 1_000);
    };
    expect((await ask([busy], {}, controller.signal)).error?.message).toMatch(told);
    expect(performance.now() - began).toBeLessThan(14_000);
  });

  it.each<[string, Settings]>([
    ['its time is up', { tryTimeout: 1, maxRetries: 0 }],
    ['nobody waits for it any more', { maxRetries: 0 }],
  ])('ends the answer on the server too when %s', async (_why, settings) => {
    const controller = new AbortController();
    const stalling: StubReply = (response) => {
      void stream(eventsOf('x').slice(0, 5), 'stall')(response);
      if (settings.tryTimeout === undefined) setTimeout(() => controller.abort(new Error('cancelled')), 1_000);
    };
    const { error, cancelled } = await ask([stalling], settings, controller.signal);
    expect(error?.message).toMatch(/within 1 s|cancelled/);
    expect(cancelled).toEqual(['resp_1']);
  });

  it('ends no answer that has ended', async () => {
    const failed = { type: 'response.failed', error: { message: 'out of credit' } };
    for (const events of [eventsOf('fine'), [...eventsOf('x').slice(0, 5), failed]]) {
      expect((await ask([stream(events)])).cancelled).toEqual([]);
    }
  });

  it('asks nothing when it is aborted already', async () => {
    expect(await ask([send(200, answerOf('x'))], {}, AbortSignal.abort(new Error('over')))).toMatchObject({ tries: 0 });
  });
});
