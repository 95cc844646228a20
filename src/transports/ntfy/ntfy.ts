import { EMPTY, mergeMap, of, share } from 'rxjs';
import { exposureOf } from '../../pipeline/exposure.ts';
import type { Delivery } from '../../pipeline/message.ts';
import { defineTransport } from '../../pipeline/part.ts';
import { Clock, Fetch } from '../../pipeline/services.ts';
import { JobStore } from '../../pipeline/store/job-store.ts';
import { type Transport, TransportError } from '../../pipeline/transport.ts';
import { HealthState } from '../health.ts';
import { ntfyApi } from './api.ts';
import { checkOptions, exposesCredentials } from './check-options.ts';
import { Cursor } from './cursor.ts';
import { CursorKeeper } from './cursor-keeper.ts';
import { type NtfyEvent, textOf } from './events.ts';
import { inbox } from './inbox.ts';
import { noticeRequest } from './notice-request.ts';
import { streams } from './open-stream.ts';
import { ntfyOptions } from './options.ts';
import { publish } from './publish.ts';

const LONGEST_TEXT = 4_095;

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
    const stopping = new AbortController();
    onClose(() => {
      stopping.abort();
      return keeper.flush();
    });

    const settle = (id: string) => {
      cursor.settle(id);
      keeper.changed();
    };
    const deliver = (event: NtfyEvent) => {
      const text = event.attachment ? undefined : textOf(event);
      if (text === undefined) {
        refuse(event);
        return EMPTY;
      }
      const message = {
        id: `${name}:${event.id}`,
        transport: name,
        text,
        ...(event.topic !== undefined && { topic: event.topic }),
        at: new Date(event.time * 1000).toISOString(),
      };
      return of<Delivery>({ message, settle: () => settle(event.id) });
    };
    // A text of 4,096 bytes or more reaches Milton as a file, which would be taken for the words "You received a file".
    const refuse = ({ id }: NtfyEvent) => {
      logger.warn('a message with an attachment was not read', { id });
      const notice = {
        title: 'Not read: a file, or a text of 4,096 bytes or more',
        body: 'Nothing was started. Send it again as a shorter text.',
        kind: 'reply',
        priority: 3,
      } as const;
      send(notice, { run: id, key: 'attachment' }, stopping.signal).then(
        () => settle(id),
        (error) => logger.warn((error as Error).message),
      );
    };
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
      async submit(text, signal) {
        const bytes = Buffer.byteLength(text);
        if (bytes > LONGEST_TEXT) {
          const why = `The text has ${bytes} bytes; ntfy carries at most ${LONGEST_TEXT}.`;
          throw new TransportError(why, { retryable: false, hint: 'Shorten it.' });
        }
        await publish(api, { topic: options.askTopic, body: text }, signal, now);
      },
    };
  },
});
