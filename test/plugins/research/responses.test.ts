import nock from 'nock';
import { afterEach, describe, expect, it } from 'vitest';
import { responses } from '../../../src/plugins/research/providers/responses.ts';
import { makePart } from '../../support/fake-run.ts';
import { question, waiting } from '../../support/research.ts';
import { NOTES, openAiEventsOf, send, stream, stubPerplexity } from '../../support/stub-perplexity.ts';

type Settings = Partial<Parameters<typeof responses>[0]>;

const KEY = 'sk-made-up-key-0123456789';

const client = (baseUrl: string, settings: Settings = {}) =>
  makePart(responses({ apiKey: KEY, baseUrl, model: 'gpt-5.2', maxRetries: 0, ...settings }), { secrets: [KEY] });

afterEach(() => nock.cleanAll());

describe('the request', () => {
  async function sent(settings: Settings = {}, headers: Record<string, unknown> = { authorization: `Bearer ${KEY}` }) {
    let body: Record<string, unknown> = {};
    const scope = nock('https://models.example', {
      reqheaders: headers as Record<string, string>,
      badheaders: 'authorization' in headers ? [] : ['authorization'],
    })
      .post('/v1/responses', (json) => {
        body = json;
        return true;
      })
      .reply(200, {
        status: 'completed',
        output: [{ type: 'message', content: [{ type: 'output_text', text: 'ok' }] }],
      });
    await (await client('https://models.example/v1/', settings)).research(question(), waiting());
    scope.done();
    return body;
  }

  it('asks the model to search and to keep to the structure, streamed and not stored', async () => {
    const body = await sent();
    expect(body).toMatchObject({
      model: 'gpt-5.2',
      input: question().outgoing,
      tools: [{ type: 'web_search' }],
      tool_choice: 'required',
      text: { format: { type: 'json_schema', name: 'notes', strict: true } },
      stream: true,
      store: false,
    });
    expect(body).not.toHaveProperty('max_steps');
  });

  it('does without search and without a key where it is told to', async () => {
    const body = await sent({ webSearch: false, apiKey: undefined }, {});
    expect(body).not.toHaveProperty('tools');
    expect(body).not.toHaveProperty('tool_choice');
  });
});

describe('the answer', () => {
  async function ask(text: string, annotations: readonly object[] = []) {
    await using stub = await stubPerplexity(stream(openAiEventsOf(text, annotations)));
    const searches: string[][] = [];
    const researcher = await client(stub.url);
    const finding = await researcher.research(question(), {
      ...waiting(),
      searching: (queries) => void searches.push([...queries]),
    });
    return { finding, searches };
  }

  it('numbers the addresses that facts name, and tells what is searched for', async () => {
    const facts = [
      { claim: 'Passkeys resist phishing.', sources: ['https://a.example/1', 'https://b.example/2'] },
      { claim: 'SMS codes do not.', sources: ['https://a.example/1'] },
    ];
    const { finding, searches } = await ask(JSON.stringify({ ...NOTES, facts }), [
      { type: 'url_citation', title: '', url: 'https://a.example/1' },
      { type: 'url_citation', title: 'All about passkeys', url: 'https://b.example/2' },
    ]);
    expect(finding.text).toContain('- Passkeys resist phishing. [1][2]\n- SMS codes do not. [1]');
    expect(finding.sources).toEqual([
      { n: '1', title: '', url: 'https://a.example/1' },
      { n: '2', title: 'All about passkeys', url: 'https://b.example/2' },
    ]);
    expect(finding).toMatchObject({ by: 'gpt-5.2-2026-08-01', tokens: 1000 });
    expect(finding).not.toHaveProperty('costUsd');
    expect(searches).toEqual([['passkeys node']]);
  });

  it('believes an address of the model alone only where the service tells of no page', async () => {
    const facts = [{ claim: 'So.', sources: ['https://invented.example/'] }];
    const text = JSON.stringify({ ...NOTES, facts });
    expect((await ask(text)).finding.sources).toMatchObject([{ n: '1', url: 'https://invented.example/' }]);
    const { finding } = await ask(text, [{ type: 'url_citation', title: 'A', url: 'https://a.example/1' }]);
    expect(finding.text).toContain('- So.\n');
    expect(finding.sources.map(({ url }) => url)).toEqual(['https://a.example/1']);
  });

  it('takes the pages that the service names where the text has no numbers', async () => {
    const annotations = [
      { type: 'url_citation', title: 'A', url: 'https://a.example/1', start_index: 0, end_index: 3 },
      { type: 'file_citation', file_id: 'f' },
      { type: 'url_citation', title: 'A', url: 'https://a.example/1' },
      { type: 'url_citation', title: 'B', url: 'https://b.example/2' },
    ];
    const { finding } = await ask('Use passkeys ([a.example](https://a.example/1)).', annotations);
    expect(finding.sources.map(({ n, title }) => `${n} ${title}`)).toEqual(['1 A', '2 B']);
  });
});

it('is called by its host, or by the name it was given', async () => {
  await using stub = await stubPerplexity(send(500, '{}'));
  const reason = async (as?: string) => {
    const researcher = await client(stub.url, as === undefined ? {} : { as });
    return researcher.research(question(), waiting()).catch((error: Error) => error.message);
  };
  expect(await reason()).toBe(`${new URL(stub.url).host} answered 500.`);
  expect(await reason('house model')).toBe('house model answered 500.');
});

it('says what to do where the server knows no search', async () => {
  await using stub = await stubPerplexity(send(400, { error: { message: "Unknown tool type 'web_search'" } }));
  await expect((await client(stub.url)).research(question(), waiting())).rejects.toMatchObject({
    hint: expect.stringContaining('webSearch: false'),
  });
});

it('does without the structure where the server does not know it', async () => {
  await using stub = await stubPerplexity(
    send(400, { error: { message: "Unsupported parameter: 'text.format'" } }),
    stream(openAiEventsOf('plain')),
  );
  const finding = await (await client(stub.url)).research(question(), waiting());
  expect(finding.text).toBe('plain');
  expect(stub.requests.map(({ body, path }) => [path, 'text' in body])).toEqual([
    ['/responses', true],
    ['/responses', false],
  ]);
});

it('T20: refuses an address with a password in it', async () => {
  await expect(client('https://me:secret@models.example/v1')).rejects.toMatchObject({ code: 'INSECURE_URL' });
});

it('T20: refuses to send a key over a network in the clear', async () => {
  await expect(client('http://models.example/v1')).rejects.toMatchObject({ code: 'INSECURE_URL' });
  await expect(client('http://models.example/v1', { apiKey: undefined })).resolves.toBeDefined();
});
