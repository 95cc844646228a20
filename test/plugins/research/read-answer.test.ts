import { expect, it } from 'vitest';
import { readAnswer } from '../../../src/plugins/research/responses-api/read-answer.ts';
import { ServiceError } from '../../../src/plugins/research/responses-api/service-error.ts';
import fc from '../../support/property.ts';
import { answerOf, eventsOf, NOTES, openAiEventsOf } from '../../support/stub-perplexity.ts';

/** Reads a stream of these texts, each the data of one event; what came of it, in any case. */
async function read(data: readonly string[], type = 'text/event-stream') {
  const calls: string[] = [];
  const body = type === 'application/json' ? data.join('') : data.map((text) => `data: ${text}\n\n`).join('');
  const reading = {
    ...{ label: 'Wiki', clean: (text: string) => text, pageHint: 'Look.' },
    began: (id: string) => void calls.push(`began ${id}`),
    ended: () => void calls.push('ended'),
    alive: () => {},
    searching: () => {},
  };
  const response = new Response(body, { headers: { 'content-type': type } });
  const found = await readAnswer(response, reading).catch((error: unknown) => error);
  return { found, calls };
}

const text = JSON.stringify(NOTES);
/** A value as it is, or with any part of it replaced by anything. */
const spoilt = (value: unknown): fc.Arbitrary<unknown> => {
  const rubbish = fc.oneof(fc.jsonValue(), fc.constant(undefined));
  if (Array.isArray(value)) {
    const parts = fc.tuple(...value.map(spoilt));
    return fc.oneof({ weight: 9, arbitrary: parts }, { weight: 1, arbitrary: rubbish });
  }
  if (typeof value === 'object' && value !== null) {
    const record = fc.record(Object.fromEntries(Object.entries(value).map(([name, part]) => [name, spoilt(part)])));
    return fc.oneof({ weight: 9, arbitrary: record }, { weight: 1, arbitrary: rubbish });
  }
  return fc.oneof({ weight: 19, arbitrary: fc.constant(value) }, { weight: 1, arbitrary: rubbish });
};

it.each([
  ['Perplexity', eventsOf(text)],
  ['OpenAI', openAiEventsOf(text)],
])('whatever of the events of %s is spoilt, there is an answer or a reason', async (_name, events) => {
  await fc.assert(
    fc.asyncProperty(spoilt(events), fc.boolean(), async (value, whole) => {
      const all = Array.isArray(value) ? value : [value];
      const data = (whole ? all.slice(-1) : all).map((event) => JSON.stringify(event) ?? '');
      const { found } = await read(data, whole ? 'application/json' : undefined);
      if (found instanceof Error) return void expect(found).toBeInstanceOf(ServiceError);
      expect(found).toMatchObject({
        by: expect.any(String),
        text: expect.stringMatching(/\S/),
        sources: expect.any(Array),
      });
      expect(JSON.parse(JSON.stringify(found))).toEqual(found);
    }),
    { numRuns: 300 },
  );
});

it('tells when the server begins and when it has ended', async () => {
  expect((await read(eventsOf(text).map((event) => JSON.stringify(event)))).calls).toEqual(['began resp_1', 'ended']);
  const cut = eventsOf(text).slice(0, 3);
  expect((await read(cut.map((event) => JSON.stringify(event)))).calls).toEqual(['began resp_1']);
});

it('keeps a page that can be read where others cannot', async () => {
  const results = [
    { id: 1, title: 'A', url: 'https://a.example/' },
    { id: 2 },
    null,
    'x',
    { id: 3, url: 'https://c.example/' },
  ];
  const output = [
    { type: 'search_results', results },
    { type: 'message', content: [{ type: 'output_text', text: 'See [1][3].' }] },
  ];
  const { found } = await read([JSON.stringify(answerOf('', { output }))], 'application/json');
  expect(found).toMatchObject({ sources: [{ n: '1' }, { n: '3', title: '' }] });
});
