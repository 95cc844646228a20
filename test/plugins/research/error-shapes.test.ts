import nock from 'nock';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { perplexity } from '../../../src/plugins/research/providers/perplexity.ts';
import { responses } from '../../../src/plugins/research/providers/responses.ts';
import { makePart } from '../../support/fake-run.ts';
import { question, waiting } from '../../support/research.ts';
import { answerOf } from '../../support/stub-perplexity.ts';

const SERVICES = [
  {
    name: 'Perplexity',
    path: '/v1/agent',
    make: () => makePart(perplexity({ apiKey: 'made-up', baseUrl: 'https://api.example', maxRetries: 3 }), {}),
  },
  {
    name: 'api.example',
    path: '/v1/responses',
    make: () => makePart(responses({ apiKey: 'made-up', baseUrl: 'https://api.example/v1', model: 'm' }), {}),
  },
];

const SHAPES = [
  { error: { message: 'no such model', type: 'invalid', code: 400 } },
  { error: { message: 'no such model', type: 'invalid', code: 'bad_model' } },
  { error: 'no such model' },
  { detail: 'no such model' },
  { detail: [{ loc: ['body', 'model'], msg: 'no such model', type: 'value_error' }] },
  { message: 'no such model' },
];

afterEach(() => {
  vi.restoreAllMocks();
  nock.cleanAll();
});

describe.each(SERVICES)('$name', ({ name, path, make }) => {
  /** Asks a server that answers like this each time, without pauses; how often it was asked. */
  async function fails(status: number, body: string | object, headers: Record<string, string> = {}) {
    vi.spyOn(Math, 'random').mockReturnValue(0);
    let asked = 0;
    nock('https://api.example')
      .post(path)
      .times(10)
      .reply(() => {
        asked++;
        return [status, body, { 'content-type': 'application/json', ...headers }];
      });
    const error = await (await make()).research(question(), waiting()).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'RESEARCH', name: 'MiltonError' });
    return {
      ...(error as { message: string; hint?: string; lasting: boolean; retryable: boolean }),
      message: (error as Error).message,
      asked,
    };
  }

  it.each(SHAPES)('says what the server says: %j', async (body) => {
    expect(await fails(400, body)).toMatchObject({ message: `${name} answered 400: no such model.`, asked: 1 });
  });

  it.each([
    [400, 1, false],
    [401, 1, true],
    [402, 1, true],
    [403, 1, true],
    [404, 1, true],
    [410, 1, true],
    [422, 1, false],
    [408, 4, false],
    [409, 4, false],
    [425, 4, false],
    [429, 4, false],
    [500, 4, false],
    [502, 4, false],
    [503, 4, false],
  ])('%i: %i requests; somebody has to mend it: %s', async (status, asked, lasting) => {
    const error = await fails(status, status === 502 ? '<html>' : '{}');
    expect(error).toMatchObject({ asked, lasting, message: `${name} answered ${status}.` });
    if (lasting) expect(error.hint).toMatch(/\w/);
  });

  it('knows a web page and a failure with status 200', async () => {
    expect(await fails(200, '<!doctype html><p>Sign in')).toMatchObject({
      message: expect.stringContaining('web page'),
    });
    nock.cleanAll();
    const failed = answerOf('', { status: 'failed', output: [], error: { message: 'out of credit' } });
    expect(await fails(200, failed)).toMatchObject({ message: `The research of ${name} failed: out of credit.` });
    nock.cleanAll();
    expect(await fails(200, answerOf('').toString())).toMatchObject({ message: `The answer of ${name} broke off.` });
  });
});
