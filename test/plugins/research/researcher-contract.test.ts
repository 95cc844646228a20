import { z } from 'zod';
import { defineResearcher } from '../../../src/index.ts';
import { MiltonError } from '../../../src/pipeline/errors.ts';
import { local } from '../../../src/plugins/research/providers/local.ts';
import { perplexity } from '../../../src/plugins/research/providers/perplexity.ts';
import { responses } from '../../../src/plugins/research/providers/responses.ts';
import { describeResearcher, type ResearcherAct } from '../../../src/testing.ts';
import { makePart } from '../../support/fake-run.ts';
import {
  eventsOf,
  NOTES,
  openAiEventsOf,
  type StubReply,
  send,
  stream,
  stubPerplexity,
} from '../../support/stub-perplexity.ts';

const text = JSON.stringify(NOTES);

async function serving(act: ResearcherAct, events: readonly object[]) {
  const replies: Record<ResearcherAct, StubReply> = {
    answer: stream(events),
    refuse: send(401, { error: 'no such key' }),
    'break off': stream(events.slice(0, 2), 'cut'),
    hang: stream(events.slice(0, 2), 'stall'),
  };
  const stub = await stubPerplexity(replies[act]);
  return {
    url: stub.url,
    sent: () => stub.requests.map(({ body }) => JSON.stringify(body)).join('\n'),
    open: () => stub.open.size,
    close: () => stub[Symbol.asyncDispose](),
  };
}

describeResearcher('perplexity', async (act) => {
  const { url, ...stub } = await serving(act, eventsOf(text));
  const researcher = await makePart(perplexity({ apiKey: 'made-up', baseUrl: url, maxRetries: 0 }), {});
  return { researcher, ...stub };
});

describeResearcher('responses', async (act) => {
  const { url, ...stub } = await serving(act, openAiEventsOf(text));
  const researcher = await makePart(responses({ baseUrl: url, model: 'm', maxRetries: 0 }), {});
  return { researcher, ...stub };
});

describeResearcher('local', async () => ({
  researcher: await makePart(local(), {}),
  sent: () => '',
  open: () => 0,
}));

/** What somebody else might write. */
const wiki = defineResearcher({
  name: 'wiki',
  options: z.strictObject({ url: z.url() }),
  create: ({ name, options }) => ({
    name,
    async research({ outgoing }, { signal }) {
      const response = await fetch(options.url, { method: 'POST', body: JSON.stringify({ outgoing }), signal });
      const page = await response.text().catch(() => {
        signal.throwIfAborted();
        throw new MiltonError('WIKI', 'The wiki broke off.');
      });
      if (!response.ok) throw new MiltonError('WIKI', `The wiki answered ${response.status}.`);
      return { by: 'the wiki', text: page, sources: [{ n: '1', title: 'Home', url: 'https://wiki.example/' }] };
    },
  }),
});

describeResearcher('of a plugin author', async (act) => {
  const { url, ...stub } = await serving(act, eventsOf(text));
  return { researcher: await makePart(wiki({ url }), {}), ...stub };
});
