import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Random } from '../random.ts';
import type { Chaos } from './chaos.ts';

const TICK = 20;

interface Stream {
  readonly from: IncomingMessage;
  readonly response: ServerResponse;
  readonly shuffle: Chaos['shuffle'];
  /** Milliseconds between keepalives that take the place of the server's. */
  readonly keepalive: number | undefined;
  readonly random: Random;
  /** Where the stream is cut, in bytes; undefined = nowhere. */
  readonly cutAfter: number | undefined;
  /** What the server calls itself, and what it is to be called. */
  readonly address: readonly [string, string];
  passed(id: string): void;
  over(): void;
}

/** Passes a stream on line by line, so that lines can be repeated, put into another order, and cut in the middle. */
export function passLines({
  from,
  response,
  shuffle,
  keepalive,
  random,
  passed,
  cutAfter,
  address,
  over,
}: Stream): void {
  let rest: Buffer = Buffer.alloc(0);
  let bytes = 0;
  let waiting: { due: number; line: Buffer; id: string | undefined }[] = [];

  const pass = (line: Buffer, id: string | undefined) => {
    if (response.writableEnded || response.socket?.destroyed) return;
    if (cutAfter !== undefined && bytes + line.length > cutAfter) {
      response.write(line.subarray(0, Math.max(0, cutAfter - bytes)), over);
      bytes = Number.POSITIVE_INFINITY;
      return;
    }
    bytes += line.length;
    response.write(line, (error) => {
      if (!error && id !== undefined) passed(id);
    });
  };
  const take = (read: Buffer) => {
    const line = read.includes('"attachment":') ? Buffer.from(read.toString().replaceAll(...address)) : read;
    if (keepalive !== undefined && line.includes('"event":"keepalive"')) return;
    const id = idOf(line);
    if (!shuffle || id === undefined) return pass(line, id);
    for (let copy = 1 + random.int(shuffle.copies); copy > 0; copy--) {
      waiting.push({ due: performance.now() + random() * shuffle.window, line, id });
    }
  };
  const flush = (all = false) => {
    const now = performance.now();
    const due = waiting.filter((one) => all || one.due <= now);
    if (due.length === 0) return;
    waiting = waiting.filter((one) => !all && one.due > now);
    for (const { line, id } of random.shuffle(due)) pass(line, id);
  };
  const timer = shuffle && setInterval(flush, TICK);
  const alive = keepalive && setInterval(() => pass(keepaliveLine(), undefined), keepalive);
  response.on('close', () => {
    clearInterval(timer);
    clearInterval(alive);
  });

  from.on('data', (chunk: Buffer) => {
    const buffer = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    let start = 0;
    for (let end = buffer.indexOf(10); end >= 0; end = buffer.indexOf(10, start)) {
      take(buffer.subarray(start, end + 1));
      start = end + 1;
    }
    rest = buffer.subarray(start);
  });
  from.on('end', () => {
    flush(true);
    if (rest.length > 0) pass(rest, undefined);
    response.end();
  });
}

const keepaliveLine = () =>
  Buffer.from(`{"id":"keepalive","time":${Math.floor(Date.now() / 1000)},"event":"keepalive","topic":"torture"}\n`);

/** The id of a message; undefined for other events. */
function idOf(line: Buffer): string | undefined {
  const text = line.toString('latin1');
  return text.includes('"event":"message"') ? /^\{"id":"([^"]+)"/.exec(text)?.[1] : undefined;
}
