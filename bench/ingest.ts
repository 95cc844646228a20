import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { take } from 'rxjs';
import { connect } from '../src/transports/ntfy/server/connect.ts';
import { streams } from '../src/transports/ntfy/server/open-stream.ts';
import type { Run } from './figures.ts';
import { listening } from './listening.ts';
import { silent } from './services.ts';
import { inTurns } from './statistics.ts';

const CHUNK = 200;
const FIRST = 1_770_000_000;

/**
 * A stream of ntfy messages over loopback HTTP against JSON.parse of lines already in memory: read and checked, and also through the
 * whole transport, where each is taken once, handed on and settled.
 */
export const run: Run = async ({ quick }) => {
  const [rounds, lines] = quick ? [4, 50_000] : [8, 200_000];
  const server = new Worker(new URL(import.meta.url));
  const [port] = (await once(server, 'message')) as [number];
  const text = Array.from({ length: lines }, (_, i) => line(i));
  try {
    const { milton, transport, parse } = await inTurns(rounds, {
      milton: () => receive(port, lines),
      transport: () => deliver(port, lines),
      parse: () => {
        const start = performance.now();
        for (const each of text) JSON.parse(each);
        return lines / (performance.now() - start);
      },
    });
    return [
      {
        what: `${lines / 1000}k messages of ${line(0).length} B received`,
        unit: 'k/s',
        value: Math.max(...milton),
        reference: { what: 'JSON.parse alone', value: Math.max(...parse) },
        targets: [{ ratioAtLeast: 0.55 }],
      },
      {
        what: 'the same, taken, delivered and settled',
        unit: 'k/s',
        value: Math.max(...transport),
        reference: { what: 'JSON.parse alone', value: Math.max(...parse) },
        targets: [{ ratioAtLeast: 0.1 }],
      },
    ];
  } finally {
    await server.terminate();
  }
};

/** Lines per millisecond, that is thousands a second. */
async function receive(port: number, lines: number): Promise<number> {
  const openStream = streams({ baseUrl: `http://127.0.0.1:${port}` });
  let start = 0;
  let count = 0;
  await new Promise<void>((resolve, reject) => {
    connect(openStream, String(lines), silent).subscribe({
      next: ({ event }) => {
        if (count++ === 0) start = performance.now();
        if (event !== 'message') reject(new Error(`a line was misread as ${event}`));
      },
      error: reject,
      complete: resolve,
    });
  });
  if (count !== lines) throw new Error(`${count} of ${lines} messages arrived`);
  return lines / (performance.now() - start);
}

/** The same of the whole transport. */
async function deliver(port: number, lines: number): Promise<number> {
  // The server takes the topic for the number of lines.
  const { transport, close } = await listening(`http://127.0.0.1:${port}`, { askTopic: String(lines) });
  let start = 0;
  let count = 0;
  await new Promise<void>((resolve) => {
    transport.messages$.pipe(take(lines)).subscribe({
      next: ({ settle }) => {
        if (count++ === 0) start = performance.now();
        settle();
      },
      complete: resolve,
    });
  });
  const rate = lines / (performance.now() - start);
  await close();
  return rate;
}

function line(i: number): string {
  const id = `m${String(i).padStart(11, '0')}`;
  const message = `CODE @app: message ${i}: ${'add a login form with "remember me" to the page '.repeat(3)}`;
  return JSON.stringify({
    id,
    time: FIRST + i,
    expires: 1_770_043_200 + i,
    event: 'message',
    topic: 'ask',
    message,
  });
}

function serve(): void {
  let parts: readonly Buffer[] = [];
  const server = createServer(async (request, response) => {
    const lines = Number.parseInt(request.url?.slice(1) ?? '', 10);
    // Made beforehand, so that only its way through the connection is measured.
    if (parts.length === 0) {
      parts = Array.from({ length: lines / CHUNK }, (_, part) =>
        Buffer.from(Array.from({ length: CHUNK }, (_, n) => `${line(part * CHUNK + n)}\n`).join('')),
      );
    }
    response.writeHead(200, { 'content-type': 'application/x-ndjson; charset=utf-8' });
    if (request.url?.includes('poll=1')) return void response.end();
    if (request.url?.includes('/json')) response.write(`${JSON.stringify({ id: 'o', time: FIRST, event: 'open' })}\n`);
    for (const part of parts) if (!response.write(part)) await once(response, 'drain');
    response.end();
  });
  server.listen(0, '127.0.0.1', () => parentPort?.postMessage((server.address() as AddressInfo).port));
}

if (!isMainThread) serve();
