import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How the stub answers one request. */
export type StubReply = (response: ServerResponse) => void | Promise<void>;

interface StubRequest {
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
}

/** A whole answer as the Agent API gives it. */
export function answerOf(text: string, more: object = {}): object {
  return {
    id: 'resp_1',
    object: 'response',
    status: 'completed',
    model: 'perplexity/sonar',
    error: null,
    output: [
      {
        type: 'search_results',
        queries: ['q'],
        results: [1, 2, 7].map((id) => ({
          id,
          title: `Page ${id}`,
          url: `https://host${id}.example/p?utm=1`,
          snippet: 's',
        })),
      },
      {
        type: 'message',
        id: 'msg_1',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text, annotations: [] }],
      },
    ],
    usage: { input_tokens: 3, output_tokens: 3, cost: { currency: 'USD', total_cost: 0.00119 } },
    ...more,
  };
}

/** The events of a streamed answer, in the order of the real API. */
export function eventsOf(text: string, response: object = answerOf(text)): object[] {
  const half = Math.ceil(text.length / 2);
  return [
    { type: 'response.created', response: { id: 'resp_1', status: 'in_progress' }, sequence_number: 0 },
    { type: 'response.in_progress' },
    { type: 'response.output_item.added', item: { type: 'function_call', name: 'search_web' } },
    { type: 'response.reasoning.search_queries', queries: ['passkeys node'], thought: 't' },
    { type: 'response.reasoning.search_results', results: [{ id: 9, title: 'Page 9', url: 'https://host9.example/' }] },
    { type: 'response.output_item.added', item: { type: 'message', content: null } },
    { type: 'response.output_text.delta', delta: text.slice(0, half) },
    { type: 'response.output_text.delta', delta: text.slice(half) },
    { type: 'response.output_text.done' },
    { type: 'response.completed', response, sequence_number: 40 },
  ];
}

/** What a model writes that keeps to the structure it was asked for. */
export const NOTES = {
  summary: 'Use passkeys.',
  facts: [
    { claim: 'Passkeys resist phishing.', sources: ['7', '2'] },
    { claim: 'SMS codes do not [2].', sources: [2] },
  ],
  pitfalls: ['Safari asks for a gesture.'],
  security: ['Check the origin.'],
  tests: ['A wrong origin is refused.'],
  questions: [],
};

/** The same answer in OpenAI's dialect: pages are cited by their addresses. */
export const openAiEventsOf = (text: string, annotations: readonly object[] = []): object[] => [
  { type: 'response.created', response: { id: 'resp_1', status: 'in_progress' } },
  {
    type: 'response.output_item.done',
    item: {
      type: 'web_search_call',
      id: 'ws_1',
      status: 'completed',
      action: { type: 'search', query: 'passkeys node' },
    },
  },
  { type: 'response.output_text.delta', delta: text },
  {
    type: 'response.completed',
    response: {
      id: 'resp_1',
      status: 'completed',
      model: 'gpt-5.2-2026-08-01',
      output: [
        { type: 'reasoning', summary: [] },
        { type: 'web_search_call', status: 'completed' },
        { type: 'message', role: 'assistant', content: [{ type: 'output_text', text, annotations }] },
      ],
      usage: { input_tokens: 900, output_tokens: 100, total_tokens: 1000 },
    },
  },
];

const lines = (events: readonly object[]) => events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
const STREAM = { 'content-type': 'text/event-stream; charset=utf-8' };

/** Streams events; `then` says what follows the last one. */
export const stream =
  (events: readonly object[], then: 'end' | 'cut' | 'stall' = 'end'): StubReply =>
  (response) => {
    response.writeHead(200, STREAM);
    response.write(lines(events), () => {
      if (then === 'cut') response.destroy();
    });
    if (then === 'end') response.end('data: [DONE]\n\n');
  };

/** Sends a body as it is. */
export const send =
  (status: number, body: string | object, headers: Record<string, string> = {}): StubReply =>
  (response) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text);
  };

/** Sends bytes for ever. */
export const flood: StubReply = async (response) => {
  response.writeHead(200, STREAM);
  response.setMaxListeners(0);
  const chunk = `: ${'x'.repeat(64 * 1024)}\n`;
  while (!response.destroyed)
    if (!response.write(chunk)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
};

/**
 * A loopback stand-in for the Agent API and for OpenAI's Responses API; each question gets the next reply, and the last one stays. What
 * is cancelled is only noted.
 */
export async function stubPerplexity(...replies: readonly StubReply[]) {
  const requests: StubRequest[] = [];
  const cancelled: string[] = [];
  const open = new Set<ServerResponse>();
  const server = createServer(async (request, response) => {
    const [, ended] = /^\/v1\/agent\/(.+)\/cancel$/.exec(request.url ?? '') ?? [];
    if (ended !== undefined) {
      cancelled.push(decodeURIComponent(ended));
      response.end('{}');
      return;
    }
    open.add(response);
    response.on('close', () => open.delete(response));
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    requests.push({
      path: request.url,
      headers: request.headers,
      body: JSON.parse(Buffer.concat(chunks).toString() || '{}'),
    });
    await replies[Math.min(requests.length, replies.length) - 1]!(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    /** The ids of the answers that were cancelled. */
    cancelled,
    /** Responses whose client has not gone yet. */
    open,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
