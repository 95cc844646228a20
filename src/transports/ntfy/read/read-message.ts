import { catchError, defer, map, Observable, of, retry, throwError, timer } from 'rxjs';
import type { Message } from '../../../pipeline/message.ts';
import type { Fetch, Logger } from '../../../pipeline/services.ts';
import { plainLine } from '../../plain-line.ts';
import { Backoff } from '../listen/backoff.ts';
import type { NtfyOptions } from '../options.ts';
import { cut } from '../send/truncate.ts';
import type { Meter } from '../server/api.ts';
import { clean, type NtfyEvent, textOf } from '../server/events.ts';
import { networkFailure } from '../server/failure.ts';
import { fetchText, UnknownFile } from './fetch-text.ts';
import { isFileAlone, isMadeOfText, longTextUrl } from './long-text.ts';

/** How long a file is kept that does not say so, in seconds: the server's default. */
const KEPT = 3 * 3600;
/** The server sends a message first and keeps it afterwards; until then it denies the file. So it is asked again, after so many ms. */
const NOT_YET = [100, 500, 2_000] as const;
const NAME_LIMIT = 80;

export interface ReaderParts {
  readonly fetch: Fetch;
  readonly options: Pick<NtfyOptions, 'baseUrl' | 'longestText' | 'backoffMax'>;
  readonly meter?: Meter;
  readonly logger: Logger;
  /** Milliseconds since the epoch, by the server's clock. */
  readonly now: () => number;
}

/** What a message says, and which of its files stay unread. */
export type Reading = Pick<Message, 'text' | 'unread'>;

/**
 * Makes the function that reads a message, from a file where its text has 4,096 bytes or more. It emits once and never errors. It
 * may take as long as the file lives: until then the message stays unsettled, and later ones overtake it, since a server that does
 * not hand out one file must not hold up the rest.
 */
export function messageReader(parts: ReaderParts): (event: NtfyEvent) => Observable<Reading> {
  const { fetch, options, meter, logger, now } = parts;
  // One download at a time: a hundred that have waited cost the server no more than one.
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work);
    turn = result.catch(() => {});
    return result;
  };
  const download = (event: NtfyEvent) =>
    new Observable<string>((subscriber) => {
      const controller = new AbortController();
      const read = async () => {
        const url = longTextUrl(event, options, now());
        const { attachment: file = {} } = event;
        controller.signal.throwIfAborted();
        meter?.spend('file');
        try {
          const text = await fetchText(fetch, { url, file, limit: options.longestText }, controller.signal);
          meter?.answered();
          return text;
        } catch (error) {
          meter?.answered(networkFailure(error));
          throw error;
        }
      };
      inTurn(read).then(
        (text) => {
          subscriber.next(text);
          subscriber.complete();
        },
        (error) => subscriber.error(error),
      );
      return () => controller.abort();
    });
  const longText = (event: NtfyEvent) =>
    defer(() => {
      const backoff = new Backoff(options.backoffMax * 1000);
      const end = (event.attachment?.expires ?? event.time + KEPT) * 1000;
      let denials = 0;
      const again = (error: unknown) => {
        const failure = networkFailure(error);
        const notYet = failure instanceof UnknownFile ? NOT_YET[denials++] : undefined;
        if (notYet !== undefined) return timer(notYet);
        const wait = backoff.next(failure);
        if (failure.permanent || now() + wait >= end) return throwError(() => failure);
        logger.warn(`a text that is a file is not read yet: ${failure.message}`, { id: event.id });
        return timer(wait);
      };
      return download(event).pipe(retry({ delay: again }));
    });

  return (event) => {
    const { attachment } = event;
    const text = textOf(event);
    if (!attachment) {
      if (text !== undefined) return of({ text });
      return of(unread('the text', `Milton does not know its encoding ("${event.encoding}")`));
    }
    const name = attachment.name ?? '';
    if (!isFileAlone(event)) {
      const why = isMadeOfText(attachment) ? 'it came beside a text, which counts alone' : 'it is no text';
      return of({ ...unread(name, why), text: text ?? '' });
    }
    if (!isMadeOfText(attachment)) return of(unread(name, notText(attachment.type)));
    return longText(event).pipe(
      map((read): Reading => ({ text: clean(read) })),
      catchError((error: Error) => {
        logger.warn(`a text that is a file was not read: ${error.message}`, { id: event.id });
        return of(unread(name, error.message));
      }),
    );
  };
}

const notText = (type = '') => (type.startsWith('text/') ? 'it was sent as a file, not as a message' : 'it is no text');

/** Name and reason come from outside: one short line each. */
function unread(name: string, why: string): Reading {
  const line = (words: string) => cut(plainLine(words), NAME_LIMIT * 2);
  return { text: '', unread: [{ name: cut(plainLine(name), NAME_LIMIT) || 'a file', why: line(why) }] };
}
