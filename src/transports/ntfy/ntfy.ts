import { map, mergeMap, share } from 'rxjs';
import { exposureOf } from '../../pipeline/exposure.ts';
import type { Delivery } from '../../pipeline/message.ts';
import { defineTransport } from '../../pipeline/part.ts';
import { Clock, Fetch } from '../../pipeline/services.ts';
import { JobStore } from '../../pipeline/store/job-store.ts';
import type { Transport } from '../../pipeline/transport.ts';
import { HealthState } from '../health.ts';
import { ntfyApi } from './api.ts';
import { checkOptions, exposesCredentials } from './check-options.ts';
import { Cursor } from './cursor.ts';
import { CursorKeeper } from './cursor-keeper.ts';
import type { NtfyEvent } from './events.ts';
import { inbox } from './inbox.ts';
import { noticeRequest } from './notice-request.ts';
import { streams } from './open-stream.ts';
import { ntfyOptions } from './options.ts';
import { publish } from './publish.ts';
import { messageReader } from './read-message.ts';
import { submitText } from './submit-text.ts';

/**
 * The phone, through an ntfy server: listens to the ask topic, answers on the answer topic.
 * @example defineConfig({ transports: [ntfy({ baseUrl: 'https://ntfy.example.com' })], … })
 */
export const ntfy = defineTransport({
  name: 'ntfy',
  options: ntfyOptions,
  create({ name, options, logger, get, onClose }): Transport {
    checkOptions(options);
    if (exposesCredentials(options)) {
      logger.warn('The ntfy credentials cross the network unencrypted: NTFY_BASE_URL begins with http://.');
    }
    const now = () => get(Clock).now();
    const health = new HealthState(now);
    const api = ntfyApi(get(Fetch), options);
    const cursor = new Cursor(options.overlap);
    const keeper = new CursorKeeper(cursor, () => get(JobStore), `cursor:${name}`, logger);
    onClose(() => keeper.flush());

    const settle = (id: string) => {
      cursor.settle(id);
      keeper.changed();
    };
    const read = messageReader({ fetch: get(Fetch), options, logger, now });
    const deliver = (event: NtfyEvent) =>
      read(event).pipe(
        map((reading): Delivery => {
          const message = {
            ...reading,
            id: `${name}:${event.id}`,
            transport: name,
            ...(event.topic !== undefined && { topic: event.topic }),
            at: new Date(event.time * 1000).toISOString(),
          };
          return { message, settle: () => settle(event.id) };
        }),
      );
    const send: Transport['send'] = (notice, address, signal) =>
      publish(api, { topic: options.answerTopic, ...noticeRequest(notice, address, options) }, signal, now);

    return {
      name,
      exposure: exposureOf(options.baseUrl),
      health$: health.health$,
      // At most one connection, since each takes one of the server's few places for an address.
      messages$: inbox({ openStream: streams(options), options, cursor, keeper, health, logger }).pipe(
        mergeMap(deliver),
        share(),
      ),
      send,
      submit: (text, signal) => submitText(api, text, options, signal, now),
    };
  },
});
