import { EventSourceParserStream } from 'eventsource-parser/stream';
import { upTo } from './read-text.ts';

/**
 * The `data` of each server-sent event in a stream of bytes, in order. Rejects with a RangeError when the stream is longer than
 * `maxBytes`.
 */
export async function* readEvents(body: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<string> {
  const events = ReadableStream.from(upTo(body, maxBytes))
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .pipeThrough(new EventSourceParserStream());
  for await (const { data } of events) yield data;
}
