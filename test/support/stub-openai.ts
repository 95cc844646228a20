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
  readonly reasoning?: string;
  /** A command, by whichever shell tool the program offers. */
  readonly shell?: string;
  /** A change of files, in the notation of `apply_patch`. */
  readonly patch?: string;
}

/** What one request of a conversation is answered with; `times` uses it more than once, -1 for ever. */
interface Turn extends BlockScript {
  readonly blocks?: readonly BlockScript[];
  /** An HTTP error instead of an answer. */
  readonly error?: number | HttpError;
  /** The answer begins and breaks off with this. */
  readonly failed?: { readonly code: string; readonly message: string };
  /** Milliseconds before the answer begins. */
  readonly delayMs?: number;
  /** The answer begins and never goes on. */
  readonly hang?: boolean;
  readonly times?: number;
}

interface HttpError {
  readonly status: number;
  readonly code?: string;
  readonly message?: string;
}

/** What the model answers. */
export type Scenario = Script<Turn>;

/** One request for an answer, as the program sent it. */
export interface StubRequest extends Asked {
  readonly model: string;
  /** What came back of the tool it was told to use last. */
  readonly toolOutput: string;
}

/** The model service Codex talks to (the Responses API), played from a scenario on 127.0.0.1. */
export interface StubOpenai extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly StubRequest[];
}

/** Starts the stub with a scenario, or with the file of that name in `test/support/scenarios`. */
export async function stubOpenai(scenario: Scenario | string): Promise<StubOpenai> {
  const requests: StubRequest[] = [];
  const nextTurn = conversations(readScript(scenario), { text: 'The scenario has no more turns.' });
  const server = createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://stub').pathname;
    const body = JSON.parse((await text(request)) || '{}') as Body;
    if (request.method === 'GET' && path.endsWith('/models')) return sendJson(response, { object: 'list', data: [] });
    if (request.method !== 'POST' || !path.endsWith('/responses')) return sendError(response, { status: 404 });
    // What asks for a title or a summary is no turn of the conversation.
    const kind = /"request_kind":"(\w+)"/.exec(String(request.headers['x-codex-turn-metadata']))?.[1] ?? 'turn';
    if (kind !== 'turn') return answer(response, body, { text: 'ok' });
    const asked = understand(request, body);
    requests.push(asked);
    await answer(response, body, nextTurn(asked));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Body {
  readonly model?: string;
  readonly tools?: readonly { readonly name?: string }[];
  readonly input?: readonly {
    readonly type?: string;
    readonly role?: string;
    readonly output?: unknown;
    readonly content?: string | readonly { readonly text?: string }[];
  }[];
}

/** What Codex adds to what the person said. */
const ADDED = /^\s*<(?:environment_context|user_instructions|permissions|turn_aborted)|^# AGENTS\.md/;

function understand(request: IncomingMessage, { model = '', input = [] }: Body): StubRequest {
  const said = input
    .filter((each) => each.role === 'user')
    .flatMap(({ content = '' }) => (typeof content === 'string' ? [content] : content.map((each) => each.text ?? '')))
    .filter((each) => each !== '' && !ADDED.test(each));
  const { output = '' } = input.findLast((each) => /output$/.test(each.type ?? '')) ?? {};
  return {
    session: String(request.headers['session-id'] ?? 'one'),
    first: said[0] ?? '',
    prompt: said.at(-1) ?? '',
    cwd: /<cwd>([^<]+)<\/cwd>/.exec(JSON.stringify(input))?.[1] ?? '',
    model,
    toolOutput: typeof output === 'string' ? output : JSON.stringify(output),
  };
}

let ids = 0;
const id = (prefix: string) => `${prefix}_stub_${++ids}`;

async function answer(response: ServerResponse, { model, tools = [] }: Body, turn: Turn): Promise<void> {
  if (turn.delayMs) await sleep(turn.delayMs);
  if (turn.error) return sendError(response, typeof turn.error === 'number' ? { status: turn.error } : turn.error);
  const offered = tools.flatMap((each) => each.name ?? []);
  const output = (turn.blocks ?? [turn]).flatMap((each) => itemsOf(each, offered));
  const usage = {
    ...{ input_tokens: 100, output_tokens: 20, total_tokens: 120 },
    ...{ input_tokens_details: { cached_tokens: 0 }, output_tokens_details: { reasoning_tokens: 0 } },
  };
  const whole = { id: id('resp'), object: 'response', status: 'completed', model, output, error: null, usage };
  const begun = { ...whole, status: 'in_progress', output: [], usage: null };
  let sequence_number = 0;
  const emit = (type: string, data: object) =>
    response.write(
      `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence_number++, ...data })}\n\n`,
    );
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  emit('response.created', { response: begun });
  if (turn.hang) return;
  if (turn.failed) {
    emit('response.failed', { response: { ...begun, status: 'failed', error: turn.failed } });
  } else {
    for (const [output_index, item] of output.entries()) {
      emit('response.output_item.added', { output_index, item: { ...item, status: 'in_progress' } });
      emit('response.output_item.done', { output_index, item });
    }
    emit('response.completed', { response: whole });
  }
  response.end();
}

function itemsOf({ text, textRepeat = 1, reasoning, shell, patch }: BlockScript, offered: readonly string[]) {
  const call = { call_id: id('call'), status: 'completed' };
  const message = { type: 'message', id: id('msg'), role: 'assistant', status: 'completed' };
  return [
    ...(reasoning === undefined
      ? []
      : [{ type: 'reasoning', id: id('rs'), summary: [{ type: 'summary_text', text: reasoning }] }]),
    ...(text === undefined
      ? []
      : [{ ...message, content: [{ type: 'output_text', text: text.repeat(textRepeat), annotations: [] }] }]),
    ...(shell === undefined ? [] : [{ type: 'function_call', id: id('fc'), ...call, ...shellCall(shell, offered) }]),
    ...(patch === undefined
      ? []
      : [{ type: 'custom_tool_call', id: id('ctc'), ...call, name: 'apply_patch', input: patch }]),
  ];
}

/** Models differ in the tool by which they run a command; one that offers none has it all the same. */
function shellCall(shell: string, offered: readonly string[]) {
  const name = ['exec_command', 'shell_command', 'shell'].find((each) => offered.includes(each)) ?? 'exec_command';
  const input = {
    exec_command: { cmd: shell, yield_time_ms: 30_000 },
    shell_command: { command: shell },
    shell: { command: ['bash', '-lc', shell] },
  }[name];
  return { name, arguments: JSON.stringify(input) };
}

function sendJson(response: ServerResponse, value: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function sendError(response: ServerResponse, { status, code, message = `stub error ${status}` }: HttpError): void {
  sendJson(response, { error: { message, type: code ?? 'stub_error', code: code ?? null, param: null } }, status);
}
