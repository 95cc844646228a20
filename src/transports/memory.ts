import { defer, finalize, map } from 'rxjs';
import { z } from 'zod';
import type { Delivery } from '../pipeline/message.ts';
import { defineTransport } from '../pipeline/part.ts';
import { Clock } from '../pipeline/services.ts';
import { type Transport, TransportError } from '../pipeline/transport.ts';
import { HealthState } from './health.ts';
import { type MemoryLetter, MemoryPhone } from './memory-phone.ts';

/**
 * The transport of tests: its phone is an object in the same process.
 * @example const phone = new MemoryPhone(); defineConfig({ transports: [memory({ phone })], … }); phone.send('CODE: …');
 */
export const memory = defineTransport({
  name: 'memory',
  options: z.strictObject({ phone: z.instanceof(MemoryPhone).describe('a `MemoryPhone`; required') }),
  create: ({ name, options: { phone }, get }): Transport => {
    const health = new HealthState(() => get(Clock).now());
    const deliver = (letter: MemoryLetter): Delivery => ({
      message: {
        id: `${name}:${letter.id}`,
        transport: name,
        text: letter.text,
        ...(letter.topic !== undefined && { topic: letter.topic }),
        at: letter.at,
      },
      settle: () => phone.settle(letter),
    });
    return {
      name,
      exposure: 'local',
      health$: health.health$,
      messages$: defer(() => {
        health.connected();
        return phone.letters().pipe(
          map(deliver),
          finalize(() => health.lost('not listening')),
        );
      }),
      async send(notice, address, signal) {
        if (signal.aborted) throw new TransportError('The notice was not sent: stopped.', { retryable: true });
        try {
          phone.receive({ ...notice, address });
        } catch (error) {
          if (error instanceof TransportError) throw error;
          throw new TransportError((error as Error).message, { retryable: true, cause: error });
        }
      },
      async submit(text) {
        return `${name}:${phone.send(text)}`;
      },
    };
  },
});
