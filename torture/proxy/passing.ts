import { createWriteStream, type WriteStream } from 'node:fs';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type Random, seeded } from '../random.ts';
import { answer } from './answer.ts';
import type { Call, Chaos, Counts } from './chaos.ts';
import type { Passage } from './chaos-proxy.ts';
import { passLines } from './lines.ts';
import { passRubbish } from './rubbish.ts';

const none = (): Record<Call, number> => ({ subscribe: 0, poll: 0, publish: 0, file: 0 });

/** Passes each call on to the real server, and does to it what the chaos says. */
export class Passing {
  readonly #target: URL;
  readonly #log: WriteStream;
  readonly #random: Random;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  readonly #server = createServer((incoming, response) => this.#take(incoming, response));
  readonly #streams = new Set<ServerResponse>();
  readonly #sockets = new Set<Socket>();
  /** Since when each half-open subscription is that. */
  readonly #hanging = new Map<ServerResponse, number>();
  #chaos: Chaos = {};
  readonly #counts = {
    calls: none(),
    cuts: none(),
    answered: 0,
    hung: 0,
    givenUp: [] as number[],
    lines: 0,
    rubbish: 0,
  };

  constructor(target: string, seed: number, log: string) {
    this.#target = new URL(target);
    this.#random = seeded(seed);
    this.#log = createWriteStream(log, { flags: 'a' });
    this.#server.on('connection', (socket) => {
      if (this.#chaos.offline) {
        socket.resetAndDestroy();
        return;
      }
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket)).on('error', () => {});
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this.#url;
  }

  get #url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  set(chaos: Chaos): void {
    this.#chaos = chaos;
  }

  cutAll(): void {
    this.#counts.cuts.subscribe += this.#streams.size;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  counts(): Counts {
    const hanging = [...this.#hanging.values()].map((since) => performance.now() - since);
    return { ...this.#counts, hanging, open: this.#streams.size };
  }

  #take(incoming: IncomingMessage, response: ServerResponse): void {
    const call = callOf(incoming);
    this.#counts.calls[call]++;
    response.on('error', () => {});
    const instead = this.#chaos.answers?.[call];
    if (instead) {
      this.#counts.answered++;
      answer(instead, incoming, response);
      return;
    }
    const cut = this.#random() < (this.#chaos.cut?.share[call] ?? 0);
    // A third of them never reach the server.
    if (cut && call !== 'subscribe' && this.#random() < 1 / 3) this.#cut(call, response);
    else this.#forward(call, incoming, response, cut);
  }

  #forward(call: Call, incoming: IncomingMessage, response: ServerResponse, cut: boolean): void {
    const url = new URL(incoming.url ?? '/', this.#target);
    if (this.#chaos.replay && url.searchParams.has('since')) url.searchParams.set('since', 'all');
    const body: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => body.push(chunk));
    incoming.on('error', () => {});
    incoming.on('end', () => {
      const { method, headers } = incoming;
      const agent = call === 'subscribe' ? false : this.#agent;
      const upstream = request(url, { method: method ?? 'GET', headers, agent }, (from) => {
        if (call === 'publish' || call === 'file') this.#passWhole(call, url, from, response, cut);
        else this.#passStream(call, from, response, cut && call === 'poll');
      });
      upstream.on('error', () => response.socket?.destroy());
      response.on('close', () => upstream.destroy());
      upstream.end(Buffer.concat(body));
    });
    if (call !== 'subscribe') return;
    if (cut) this.#cutWithin(response);
    else if (this.#random() < (this.#chaos.hang?.share ?? 0)) this.#hang(response);
  }

  #passWhole(call: Call, url: URL, from: IncomingMessage, response: ServerResponse, cut: boolean): void {
    const chunks: Buffer[] = [];
    from.on('error', () => response.socket?.destroy());
    from.on('data', (chunk: Buffer) => chunks.push(chunk));
    from.on('end', () => {
      const whole = Buffer.concat(chunks);
      if (call === 'publish' && from.statusCode === 200) {
        this.#note({ at: Date.now(), kind: 'taken', topic: url.pathname.slice(1), message: parsed(whole) });
      }
      // The server has it, and Milton is not to know.
      if (cut && this.#random() < 0.5) return this.#cut(call, response);
      response.writeHead(from.statusCode ?? 502, from.headers);
      if (!cut) return void response.end(whole);
      response.write(whole.subarray(0, 1 + this.#random.int(whole.length - 1)), () => this.#cut(call, response));
    });
  }

  #passStream(call: Call, from: IncomingMessage, response: ServerResponse, cut: boolean): void {
    // The length no longer holds where lines are added.
    const { 'content-length': _length, ...headers } = from.headers;
    if (response.socket?.destroyed) return;
    response.writeHead(from.statusCode ?? 502, headers).flushHeaders();
    from.on('error', () => response.socket?.destroy());
    const { shuffle, rubbish } = this.#chaos;
    const keepalive = call === 'subscribe' ? this.#chaos.keepalive : undefined;
    const cutAfter = cut ? 1 + this.#random.int(2_000) : undefined;
    const passed = (id: string) => {
      this.#counts.lines++;
      this.#note({ at: Date.now(), kind: 'passed', id });
    };
    passLines({
      from,
      response,
      shuffle,
      keepalive,
      random: this.#random,
      passed,
      cutAfter,
      // Files come through here as well.
      address: [this.#target.origin, this.#url],
      over: () => this.#cut(call, response),
    });
    if (call !== 'subscribe') return;
    this.#streams.add(response);
    response.on('close', () => this.#streams.delete(response));
    if (rubbish) passRubbish(response, rubbish.lines, this.#random, () => this.#counts.rubbish++);
  }

  /** Cuts a subscription within the time: before it opened, while it replays, in the middle of a line, or when it is idle. */
  #cutWithin(response: ServerResponse): void {
    const { most, mostly } = this.#chaos.cut!;
    const timer = setTimeout(
      () => this.#cut('subscribe', response),
      this.#random() * (this.#random() < 0.9 ? mostly : most),
    );
    response.on('close', () => clearTimeout(timer));
  }

  #cut(call: Call, response: ServerResponse): void {
    const { socket } = response;
    if (!socket || socket.destroyed) return;
    this.#counts.cuts[call]++;
    const way = this.#random();
    if (way < 0.4) socket.resetAndDestroy();
    else if (way < 0.8 || call !== 'subscribe' || !response.headersSent) socket.destroy();
    else response.end();
  }

  #hang(response: ServerResponse): void {
    const { socket } = response;
    const hang = () => {
      this.#counts.hung++;
      const since = performance.now();
      response.write = () => true;
      response.end = () => response;
      response.flushHeaders = () => {};
      this.#streams.delete(response);
      this.#hanging.set(response, since);
      socket?.on('close', () => {
        this.#hanging.delete(response);
        this.#counts.givenUp.push(performance.now() - since);
      });
    };
    // A fifth of them is accepted, and nothing is ever said.
    const wait = this.#random() < 0.2 ? 0 : 1 + this.#random() * this.#chaos.hang!.within;
    const timer = setTimeout(hang, wait);
    response.on('close', () => clearTimeout(timer));
  }

  #note(passage: Passage): void {
    this.#log.write(`${JSON.stringify(passage)}\n`);
  }
}

function callOf({ method, url = '/' }: IncomingMessage): Call {
  if (method !== 'GET') return 'publish';
  if (url.startsWith('/file/')) return 'file';
  return /[?&]poll=/.test(url) ? 'poll' : 'subscribe';
}

function parsed(body: Buffer): Record<string, unknown> {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return {};
  }
}
