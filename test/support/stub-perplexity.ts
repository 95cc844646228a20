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
    { type: 'response.created', response: { status: 'in_progress' }, sequence_number: 0 },
    { type: 'response.in_progress' },
    { type: 'response.output_item.added', item: { type: 'function_call', name: 'search_web' } },
    { type: 'response.reasoning.search_queries', queries: ['q'], thought: 't' },
    { type: 'response.reasoning.search_results', results: [{ id: 9, title: 'Page 9', url: 'https://host9.example/' }] },
    { type: 'response.output_item.added', item: { type: 'message', content: null } },
    { type: 'response.output_text.delta', delta: text.slice(0, half) },
    { type: 'response.output_text.delta', delta: text.slice(half) },
    { type: 'response.output_text.done' },
    { type: 'response.completed', response, sequence_number: 40 },
  ];
}

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
  const chunk = `: ${'x'.repeat(64 * 1024)}\n`;
  while (!response.destroyed)
    if (!response.write(chunk)) await Promise.race([once(response, 'drain'), once(response, 'close')]);
};

/** A loopback stand-in for the Agent API; each request gets the next reply, and the last one stays. */
export async function stubPerplexity(...replies: readonly StubReply[]) {
  const requests: StubRequest[] = [];
  const open = new Set<ServerResponse>();
  const server = createServer(async (request, response) => {
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
    /** Responses whose client has not gone yet. */
    open,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
