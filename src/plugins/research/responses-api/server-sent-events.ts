import { setImmediate as turn } from 'node:timers/promises';
import { createParser } from 'eventsource-parser';
import { upTo } from './read-text.ts';

/**
 * The `data` of each server-sent event in a stream of bytes, in order. Rejects with a RangeError when the stream is longer than
 * `maxBytes`.
 */
export async function* readEvents(body: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  const ready: string[] = [];
  const parser = createParser({ onEvent: ({ data }) => ready.push(data) });
  for await (const chunk of upTo(body, maxBytes)) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    yield* ready.splice(0);
    // A server that sends without end must not keep everything else from its turn.
    await turn();
  }
}
