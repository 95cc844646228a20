import type { ServerResponse } from 'node:http';
import type { Random } from '../random.ts';

const BATCH = 500;

/** Writes so many lines of rubbish, as fast as they are read; other writes come between the batches. */
export function passRubbish(response: ServerResponse, lines: number, random: Random, wrote: () => void): void {
  let left = lines;
  const write = () => {
    if (left <= 0 || response.writableEnded || response.socket?.destroyed) return;
    const batch = Array.from({ length: Math.min(BATCH, left) }, () => rubbish(random));
    left -= batch.length;
    for (const _ of batch) wrote();
    if (response.write(Buffer.concat(batch))) setImmediate(write);
    else response.once('drain', write);
  };
  setImmediate(write);
}

const VALUES = [
  '"message"',
  '"keepalive"',
  '"open"',
  '"message_delete"',
  '"poll_request"',
  '""',
  '0',
  '-1',
  '1.5',
  '1e308',
  '99999999999',
  'null',
  'true',
  '[]',
  '{}',
  '[[[[[]]]]]',
  '"\\u0000"',
  '"\\ud800"',
  '"__proto__"',
  '"constructor"',
  '"\\u2028"',
  '"a\\nb"',
];
const FIELDS = ['event', 'time', 'topic', 'message', 'title', 'priority', 'tags', 'attachment', 'encoding', 'expires'];
const BYTES = [
  Buffer.from([0xef, 0xbb, 0xbf]),
  Buffer.from([0]),
  Buffer.from([0xff, 0xfe]),
  Buffer.from([0xc3, 0x28]),
  Buffer.from('\u2028'),
  Buffer.from('\r'),
  Buffer.from([0xed, 0xa0, 0x80]),
  Buffer.from('<html>'),
];

/** One line that is no good message. None carries an id that a real one could have: those have 12 characters. */
function rubbish(random: Random): Buffer {
  const event = `{"id":"rubbish${random.int(1e6)}","time":1,"event":"keepalive","topic":"x","message":"rubbish"}`;
  const kind = random.int(1_000);
  if (kind < 1) return line(Buffer.alloc(2 * 1024 * 1024, 0x61));
  if (kind < 250) return line(Buffer.from(event.slice(0, random.int(event.length))));
  if (kind < 400) return line(random.pick(BYTES), Buffer.from(event), random.pick(BYTES));
  if (kind < 550)
    return line(Buffer.from(Array.from({ length: random.int(60) }, () => random.int(256)).filter((b) => b !== 10)));
  if (kind < 600) return line(Buffer.from('['.repeat(random.int(2_000))));
  if (kind < 700) return line();
  const fields = Array.from({ length: random.int(6) }, () => `"${random.pick(FIELDS)}":${random.pick(VALUES)}`);
  return line(Buffer.from(`{"id":${random.pick(['1', 'null', `"rubbish${random.int(1e6)}"`])},${fields.join(',')}}`));
}

const line = (...parts: readonly Buffer[]) => Buffer.concat([...parts, Buffer.from('\n')]);
