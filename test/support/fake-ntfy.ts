import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type FileChaos, serveFile } from './serve-file.ts';

/** What goes wrong; all off at first, changeable at any time. */
export interface Chaos {
  /** Writes every stream in pieces of so many bytes. */
  split?: number;
  /** Accepts connections and then says nothing at all. */
  mute?: boolean;
  /** Says nothing more after `open`: a half-open connection. */
  silent?: boolean;
  /** Sends each live message so often. */
  copies?: number;
  /** Ignores `since=` and sends everything it has. */
  replayAll?: boolean;
  /** Keeps live messages from the streams, as the race while connecting does; the cache has them. */
  loseLive?: boolean;
  /** Answers subscriptions, polls or publications with something else. */
  subscribe?: Reply | undefined;
  poll?: Reply | undefined;
  publish?: Reply | 'cut' | undefined;
  /** Answers the downloads of files with something else, or badly. */
  file?: Reply | FileChaos | undefined;
  /** Takes no files. */
  noFiles?: boolean;
  /** Answers whether it is well with something else. */
  health?: Reply | undefined;
  /** Who may not do what: asked for a publication and for `/auth`, with the header that logs in. */
  denies?: (login: string | undefined, act: 'read' | 'write', topic: string) => Reply | undefined;
}

export interface Reply {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface FakeEvent {
  readonly id: string;
  readonly time: number;
  readonly event: string;
  readonly topic: string;
  readonly message?: string;
  readonly [field: string]: unknown;
}

interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A stand-in for the ntfy server on 127.0.0.1 that speaks its protocol and misbehaves on demand. */
export class FakeNtfy {
  readonly chaos: Chaos = {};
  readonly cache: FakeEvent[] = [];
  readonly requests: SeenRequest[] = [];
  /** Milliseconds between keepalives. */
  keepalive = 45_000;
  /** Dates its answers, as the real one does; some proxies take that away. */
  dates = false;
  /** Seconds the server's clock is ahead. */
  skew = 0;
  /** By path. */
  readonly files = new Map<string, Buffer>();
  readonly #streams = new Map<ServerResponse, { topics: string[]; writing: Promise<void> }>();
  readonly #server: Server = createServer((request, response) => void this.#answer(request, response));

  static async start(): Promise<FakeNtfy> {
    const fake = new FakeNtfy();
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** How many subscriptions are open. */
  get streams(): number {
    return this.#streams.size;
  }

  /** How many sockets are open, whatever for. */
  connections(): Promise<number> {
    return new Promise((resolve) => this.#server.getConnections((_, count) => resolve(count)));
  }

  get time(): number {
    return Math.floor(Date.now() / 1000) + this.skew;
  }

  /** The downloads of files so far. */
  get downloads(): SeenRequest[] {
    return this.requests.filter(({ path }) => path.startsWith('/file/'));
  }

  /** The subscriptions and polls so far. */
  reads(kind: 'stream' | 'poll'): SeenRequest[] {
    return this.requests.filter(({ path, query }) => path.endsWith('/json') && query.has('poll') === (kind === 'poll'));
  }

  /** A message arrives, as if somebody had published it; one that is `scheduled` waits for its time, which may be over. */
  publish(topic: string, message: string, fields: Partial<FakeEvent> = {}): FakeEvent {
    const event = { id: newId(), time: this.time, event: 'message', topic, message, ...fields };
    if (!fields.uncached) this.cache.push(event);
    if (!this.chaos.loseLive && !fields.scheduled) for (let i = 0; i < (this.chaos.copies ?? 1); i++) this.#send(event);
    return event;
  }

  /** A text arrives that is so long that the server makes a file of it; `fields` change what it says of the file. */
  publishFile(
    topic: string,
    content: string | Buffer,
    fields: Record<string, unknown> = {},
    message?: string,
    more: Partial<FakeEvent> = {},
  ): FakeEvent {
    const id = newId();
    const [name, size] = [String(fields.name ?? 'attachment.txt'), Buffer.byteLength(content)];
    const type = 'text/plain; charset=utf-8';
    const url = `${this.url}/file/${id}.txt`;
    this.files.set(`/file/${id}.txt`, Buffer.from(content as string));
    const attachment = { name, type, size, expires: this.time + 10_800, url, ...fields };
    return this.publish(topic, message ?? `You received a file: ${name}`, { ...more, id, attachment });
  }

  /** Writes bytes to every open subscription. */
  push(bytes: string | Buffer): void {
    for (const stream of this.#streams.keys()) this.#write(stream, Buffer.from(bytes as string));
  }

  /** Cuts every open subscription; `politely` = with a proper end. */
  drop(politely = false): void {
    for (const stream of this.#streams.keys()) politely ? stream.end() : stream.destroy();
  }

  async close(): Promise<void> {
    this.drop();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams: query } = new URL(request.url ?? '/', this.url);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    const { method = 'GET', headers } = request;
    this.requests.push({ method, path: pathname, query, headers, body });
    response.sendDate = false;
    if (this.dates) response.setHeader('date', new Date(this.time * 1000).toUTCString());
    const [, topics = '', kind] = pathname.split('/');
    if (pathname === '/v1/health') return this.#health(response);
    if (kind === 'auth')
      return reply(response, this.#denied(headers, 'read', topics) ?? { status: 200, body: '{"success":true}\n' });
    if (method === 'POST' || method === 'PUT') return this.#publication(topics, headers, body, response);
    if (topics === 'file') return this.#file(pathname, response);
    if (kind !== 'json') return reply(response, NOT_FOUND);
    if (query.has('poll')) return this.#poll(topics.split(','), query, response);
    await this.#subscription(topics, query, response);
  }

  #health(response: ServerResponse): void {
    if (!this.chaos.mute) reply(response, this.chaos.health ?? { status: 200, body: '{"healthy":true}\n' });
  }

  #denied(headers: IncomingMessage['headers'], act: 'read' | 'write', topics: string): Reply | undefined {
    return topics
      .split(',')
      .map((topic) => this.chaos.denies?.(headers.authorization, act, topic))
      .find(Boolean);
  }

  #publication(topic: string, headers: IncomingMessage['headers'], body: string, response: ServerResponse): void {
    if (this.chaos.mute) return;
    if (this.chaos.publish === 'cut') {
      response.destroy();
      return;
    }
    if (this.chaos.publish) {
      reply(response, this.chaos.publish);
      return;
    }
    const invalid = /^[1-5]?$/.test(String(headers['x-priority'] ?? '')) ? undefined : NO_PRIORITY;
    const refusal = this.#denied(headers, 'write', topic) ?? invalid;
    if (refusal) {
      reply(response, refusal);
      return;
    }
    const decode = (name: string) => decodeWord(headers[name] as string | undefined);
    const tags = decode('x-tags')?.split(',');
    const title = decode('x-title');
    const uncached = headers['x-cache'] === 'no' && { uncached: true };
    const fields = { ...(title && { title }), ...(tags && { tags }), ...uncached };
    const file = decode('x-filename');
    if (file !== undefined || Buffer.byteLength(body) >= 4096) {
      const published = () =>
        line(this.publishFile(topic, body, file === undefined ? {} : { name: file }, decode('x-message'), fields));
      reply(response, this.chaos.noFiles ? NO_FILES : { status: 200, body: published() });
      return;
    }
    const event = this.publish(topic, body || 'triggered', fields);
    reply(response, { status: 200, body: line(event) });
  }

  #file(path: string, response: ServerResponse): void {
    const content = this.files.get(path);
    const { file } = this.chaos;
    if (typeof file === 'object') reply(response, file);
    else if (content) serveFile(content, file, response);
    else reply(response, NOT_FOUND);
  }

  #poll(topics: string[], query: URLSearchParams, response: ServerResponse): void {
    const body = this.#since(topics, query, 'all').map(line).join('');
    reply(response, this.chaos.poll ?? { status: 200, body, headers: NDJSON });
  }

  async #subscription(topics: string, query: URLSearchParams, response: ServerResponse): Promise<void> {
    if (this.chaos.mute) return;
    if (this.chaos.subscribe) return reply(response, this.chaos.subscribe);
    response.writeHead(200, NDJSON).flushHeaders();
    const control = (event: string) => ({ id: newId(), time: this.time, event, topic: topics });
    this.#streams.set(response, { topics: topics.split(','), writing: Promise.resolve() });
    const timer = setInterval(
      () => this.chaos.silent || this.#write(response, line(control('keepalive'))),
      this.keepalive,
    );
    response.on('close', () => {
      clearInterval(timer);
      this.#streams.delete(response);
    });
    this.#write(response, line(control('open')));
    for (const event of this.#since(topics.split(','), query, 'none')) this.#write(response, line(event));
  }

  #since(topics: string[], query: URLSearchParams, absent: string): FakeEvent[] {
    const since = query.get('since') ?? absent;
    const all = query.get('scheduled') === '1';
    const wanted = this.cache.filter(({ topic, scheduled }) => topics.includes(topic) && (all || !scheduled));
    if (this.chaos.replayAll || since === 'all') return wanted;
    return since === 'none' ? [] : wanted.filter(({ time }) => time >= Number(since));
  }

  #send(event: FakeEvent): void {
    if (this.chaos.silent) return;
    for (const [stream, { topics }] of this.#streams)
      if (topics.includes(event.topic)) this.#write(stream, line(event));
  }

  #write(stream: ServerResponse, bytes: string | Buffer): void {
    const buffer = Buffer.from(bytes as string);
    const size = this.chaos.split;
    const state = this.#streams.get(stream);
    if (!state) return;
    state.writing = state.writing.then(async () => {
      if (stream.writableEnded || stream.destroyed) return;
      if (size === undefined) {
        stream.write(buffer);
        return;
      }
      for (let i = 0; i < buffer.length && !stream.writableEnded; i += size) {
        stream.write(buffer.subarray(i, i + size));
        // A turn of the event loop, so that each piece is a packet of its own.
        await sleep(1);
      }
    });
  }
}

const NDJSON = { 'content-type': 'application/x-ndjson; charset=utf-8' };
const NO_FILES = {
  status: 400,
  body: '{"code":40014,"http":400,"error":"invalid request: attachments not allowed"}\n',
};
const NO_PRIORITY = { status: 400, body: '{"code":40007,"http":400,"error":"invalid priority parameter"}\n' };
export const FORBIDDEN = { status: 403, body: '{"code":40301,"http":403,"error":"forbidden"}\n' };
export const UNAUTHORIZED = { status: 401, body: '{"code":40101,"http":401,"error":"unauthorized"}\n' };
const NOT_FOUND = { status: 404, body: '{"code":40401,"http":404,"error":"page not found"}\n' };

function reply(response: ServerResponse, { status, body = '', headers = {} }: Reply): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
}

const line = (event: object) => `${JSON.stringify(event)}\n`;
const newId = () => randomBytes(6).toString('hex');

function decodeWord(value: string | undefined): string | undefined {
  const word = /^=\?UTF-8\?B\?(.*)\?=$/.exec(value ?? '')?.[1];
  return word === undefined ? value : Buffer.from(word, 'base64').toString('utf8');
}
