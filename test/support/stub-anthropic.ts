import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Asked, conversations, readScript, type Script } from './stub-script.ts';

/** One part of a model's answer. */
interface BlockScript {
  readonly text?: string;
  /** Repeats the text, for large outputs. */
  readonly textRepeat?: number;
  readonly tool?: string;
  readonly input?: object;
}

/** What one request of a conversation is answered with; `times` uses it more than once, -1 for ever. */
interface Turn extends BlockScript {
  readonly blocks?: readonly BlockScript[];
  /** An HTTP error instead of an answer. */
  readonly error?:
    | number
    | { readonly status: number; readonly message?: string; readonly headers?: Record<string, string> };
  /** Milliseconds before the answer begins. */
  readonly delayMs?: number;
  /** The answer begins when the test calls `release()`. */
  readonly held?: boolean;
  /** The answer begins and never goes on. */
  readonly hang?: boolean;
  readonly times?: number;
  /** The tokens it is said to have cost, where those matter. */
  readonly usage?: { readonly input_tokens?: number; readonly output_tokens?: number };
}

/** What the model answers. */
export type Scenario = Script<Turn>;

/** One request for an answer, as the program sent it. */
export interface StubRequest extends Asked {
  readonly tools: readonly string[];
  /** The whole conversation so far, results of tools included, as JSON. */
  readonly told: string;
}

/** The model service Claude Code talks to, played from a scenario on 127.0.0.1. */
export interface StubAnthropic extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly StubRequest[];
  /** Lets the answers begin that are held. */
  release(): void;
}

/** Starts the stub with a scenario, or with the file of that name in `test/support/scenarios`. */
export async function stubAnthropic(scenario: Scenario | string): Promise<StubAnthropic> {
  const requests: StubRequest[] = [];
  const released = Promise.withResolvers<void>();
  const nextTurn = conversations(readScript(scenario), { text: 'The scenario has no more turns.' });
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://stub').pathname;
    const body = JSON.parse((await text(request)) || '{}') as Body;
    if (path.endsWith('/count_tokens')) return sendJson(response, { input_tokens: 100 });
    if (request.method !== 'POST' || !path.endsWith('/v1/messages')) return sendError(response, { status: 404 });
    // A request without tools asks for a title or a summary and is no turn of the conversation.
    if (!body.tools?.length) return answer(response, body, { text: 'ok' });
    const asked = understand(request, body);
    requests.push(asked);
    const turn = nextTurn(asked);
    if (turn.held) await released.promise;
    await answer(response, body, turn);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    release: released.resolve,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Body {
  readonly model?: string;
  readonly stream?: boolean;
  readonly system?: unknown;
  readonly tools?: readonly { readonly name: string }[];
  readonly messages?: readonly {
    readonly role: string;
    readonly content: string | readonly { readonly type: string; readonly text?: string }[];
  }[];
}

function understand(request: IncomingMessage, body: Body): StubRequest {
  const said = (body.messages ?? [])
    .filter((each) => each.role === 'user')
    .map(({ content }) => (typeof content === 'string' ? content : content.map((each) => each.text ?? '').join('\n')))
    .map((each) => each.replace(/<system-reminder>[\s\S]*?<\/system-reminder>/g, '').trim())
    .filter(Boolean);
  const context = JSON.stringify([body.system, body.messages?.slice(0, 2)]);
  return {
    session: String(request.headers['x-claude-code-session-id'] ?? 'one'),
    first: said[0] ?? '',
    prompt: said.at(-1) ?? '',
    cwd: /working directory: ([^\\"\n]+)/i.exec(context)?.[1]?.trim() ?? '',
    tools: (body.tools ?? []).map((each) => each.name),
    told: JSON.stringify(body.messages ?? []),
  };
}

let ids = 0;
const id = (prefix: string) => `${prefix}_stub_${++ids}`;

async function answer(response: ServerResponse, body: Body, turn: Turn): Promise<void> {
  if (turn.delayMs) await sleep(turn.delayMs);
  if (turn.error) return sendError(response, typeof turn.error === 'number' ? { status: turn.error } : turn.error);
  const blocks = (turn.blocks ?? [turn]).flatMap(blocksOf);
  const stop_reason = blocks.some((each) => each.type === 'tool_use') ? 'tool_use' : 'end_turn';
  const cache = { cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
  const usage = { input_tokens: 100, output_tokens: 20, ...cache, ...turn.usage };
  const message = {
    id: id('msg'),
    type: 'message',
    role: 'assistant',
    model: body.model,
    content: blocks,
    stop_reason,
    stop_sequence: null,
    usage,
  };
  if (!body.stream) return turn.hang ? undefined : sendJson(response, message);
  const emit = (type: string, data: object) =>
    response.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...data })}\n\n`);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  emit('message_start', { message: { ...message, content: [], stop_reason: null } });
  if (turn.hang) return;
  for (const [index, block] of blocks.entries()) {
    const [empty, delta] =
      block.type === 'tool_use'
        ? [
            { ...block, input: {} },
            { type: 'input_json_delta', partial_json: JSON.stringify(block.input) },
          ]
        : [
            { type: 'text', text: '' },
            { type: 'text_delta', text: block.text },
          ];
    emit('content_block_start', { index, content_block: empty });
    emit('content_block_delta', { index, delta });
    emit('content_block_stop', { index });
  }
  emit('message_delta', { delta: { stop_reason, stop_sequence: null }, usage });
  emit('message_stop', {});
  response.end();
}

function blocksOf({ text, textRepeat = 1, tool, input = {} }: BlockScript) {
  return [
    ...(text === undefined ? [] : [{ type: 'text' as const, text: text.repeat(textRepeat) }]),
    ...(tool === undefined ? [] : [{ type: 'tool_use' as const, id: id('toolu'), name: tool, input }]),
  ];
}

function sendJson(response: ServerResponse, value: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

const ERROR_TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
  529: 'overloaded_error',
};

function sendError(
  response: ServerResponse,
  error: { status: number; message?: string; headers?: Record<string, string> },
): void {
  const { status, message = `stub error ${status}`, headers } = error;
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ type: 'error', error: { type: ERROR_TYPES[status] ?? 'api_error', message } }));
}
