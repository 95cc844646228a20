import { randomUUID } from 'node:crypto';
import { addAbortListener } from 'node:events';
import { Readable, Writable } from 'node:stream';
import { defer, finalize, from, map, merge, type Observable, share } from 'rxjs';
import { z } from 'zod';
import type { Delivery, Message } from '../pipeline/message.ts';
import { defineTransport } from '../pipeline/part.ts';
import { Clock } from '../pipeline/services.ts';
import { type Transport, TransportError } from '../pipeline/transport.ts';
import { HealthState } from './health.ts';
import { readLines } from './read-lines.ts';
import { showNotice } from './show-notice.ts';

const options = z.strictObject({
  input: z
    .instanceof(Readable)
    .optional()
    .describe('a stream that messages are read from; standard input unless given'),
  output: z
    .instanceof(Writable)
    .optional()
    .describe('a stream that notices are shown on; standard output unless given'),
});

/**
 * The terminal as the phone: each line typed is a message, notices are shown as a phone shows them.
 * @example defineConfig({ transports: [terminal()], … })
 */
export const terminal = defineTransport({
  name: 'terminal',
  options,
  create({ name, options: { input = process.stdin, output = process.stdout }, get, onClose }): Transport {
    const health = new HealthState(() => get(Clock).now());
    const unsettled = new Map<string, Message>();
    // Without a listener the error of a closed pipe would end the whole process.
    const ignore = () => {};
    output.on('error', ignore);
    onClose(() => void output.off('error', ignore));

    const receive = (text: string): Message => {
      const at = new Date(get(Clock).now()).toISOString();
      const message = { id: `${name}:${randomUUID()}`, transport: name, text, at };
      unsettled.set(message.id, message);
      return message;
    };
    const deliver = (message: Message): Delivery => ({ message, settle: () => void unsettled.delete(message.id) });
    const messages$ = defer((): Observable<Delivery> => {
      health.connected();
      return merge(from([...unsettled.values()]), readLines(input).pipe(map(receive))).pipe(map(deliver));
    });
    return {
      name,
      exposure: 'local',
      health$: health.health$,
      // One reader: two would take each other's lines.
      messages$: messages$.pipe(
        finalize(() => health.lost('not listening')),
        share(),
      ),
      send: (notice, _address, signal) => show(showNotice(notice, output), output, signal),
    };
  },
});

async function show(text: string, output: Writable, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  using _ = addAbortListener(signal, () => {
    reject(new TransportError('The notice was not shown: stopped.', { retryable: true }));
  });
  if (!signal.aborted) {
    output.write(text, (cause) => {
      if (!cause) return resolve();
      reject(new TransportError(`The terminal is gone (${cause.message}).`, { retryable: false, cause }));
    });
  }
  return await promise;
}
