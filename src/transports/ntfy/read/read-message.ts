import { catchError, defer, map, Observable, of, retry, throwError, timer } from 'rxjs';
import { cut } from '../../../pipeline/cut.ts';
import type { Message } from '../../../pipeline/message.ts';
import type { Clean } from '../../../pipeline/services/clean.ts';
import type { Fetch, Logger } from '../../../pipeline/services.ts';
import type { KeyedNotice } from '../../../pipeline/store/job-store.ts';
import { plainLine } from '../../plain-line.ts';
import { Backoff } from '../listen/backoff.ts';
import type { NtfyOptions } from '../options.ts';
import type { Meter } from '../server/api.ts';
import { type NtfyEvent, textOf, withoutNul } from '../server/events.ts';
import { networkFailure } from '../server/failure.ts';
import { fetchText, UnknownFile, WrongSize } from './fetch-text.ts';
import { isFileAlone, isMadeOfText, longTextUrl } from './text-file.ts';

/** How long a file is kept that does not say so, in seconds: the server's default. */
const KEPT = 3 * 3600;
/** The server sends a message first and keeps it afterwards; until then it denies the file. So it is asked again, after so many ms. */
const NOT_YET = [100, 500, 2_000] as const;
/** The person is told of a text that cannot be had for so long, in ms. */
const TELL_AFTER = 60_000;
/** A file that came so often with another size than it should have will not change. */
const SIZES_TRIED = 3;
const NAME_LIMIT = 80;

export interface ReaderParts {
  readonly fetch: Fetch;
  readonly options: Pick<NtfyOptions, 'baseUrl' | 'longestText' | 'backoffMax'>;
  readonly meter?: Meter;
  /** Names of files are cleaned before they are cut. */
  readonly clean: Clean;
  readonly logger: Logger;
  /** Tells the person of what takes long. */
  readonly announce: (notice: KeyedNotice) => void;
  /** Milliseconds since the epoch, by the server's clock. */
  readonly now: () => number;
}

/** What a message says, and which of its files stay unread. */
export type Reading = Pick<Message, 'text' | 'unread'>;

/**
 * Makes the function that reads a message: at once, or from a file where its text has 4,096 bytes or more. Then it emits once and
 * never errors. It may take as long as the file lives: until then the message stays unsettled, and later ones overtake it, since a
 * server that does not hand out one file must not hold up the rest.
 */
export function messageReader(parts: ReaderParts): (event: NtfyEvent) => Reading | Observable<Reading> {
  const { fetch, options, meter, clean, announce, logger, now } = parts;
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
          meter?.answered(networkFailure(error), 'file');
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
      const begun = now();
      let told = false;
      let denials = 0;
      let sizes = 0;
      const again = (error: unknown) => {
        const failure = networkFailure(error);
        const notYet = failure instanceof UnknownFile ? NOT_YET[denials++] : undefined;
        if (notYet !== undefined) return timer(notYet);
        const wait = backoff.next(failure);
        const hopeless = failure.permanent || (failure instanceof WrongSize && ++sizes >= SIZES_TRIED);
        if (hopeless || now() + wait >= end) return throwError(() => failure);
        if (!told && now() + wait - begun >= TELL_AFTER) {
          told = true;
          announce(waitingNotice(event.id, failure.message));
        }
        logger.warn(`a text that is a file is not read yet: ${failure.message}`, { id: event.id });
        return timer(wait);
      };
      return download(event).pipe(retry({ delay: again }));
    });

  /** Name and reason come from outside: one short line each. */
  const unread = (name: string, why: string): Reading => {
    const line = (words: string, most: number) => cut(plainLine(clean(words)), most);
    return { text: '', unread: [{ name: line(name, NAME_LIMIT) || 'a file', why: line(why, NAME_LIMIT * 2) }] };
  };

  return (event) => {
    const { attachment } = event;
    const text = textOf(event);
    if (!attachment) {
      if (text !== undefined) return { text };
      return unread('the text', `Milton does not know its encoding ("${event.encoding}")`);
    }
    const name = attachment.name ?? '';
    if (!isFileAlone(event)) {
      const why = isMadeOfText(attachment) ? 'it came beside a text, which counts alone' : 'it is no text';
      return { ...unread(name, why), text: text ?? '' };
    }
    if (!isMadeOfText(attachment)) return unread(name, notText(attachment.type));
    return longText(event).pipe(
      map((read): Reading => ({ text: withoutNul(read) })),
      catchError((error: Error) => {
        logger.warn(`a text that is a file was not read: ${error.message}`, { id: event.id });
        return of(unread(name, error.message));
      }),
    );
  };
}

const notText = (type = '') => (type.startsWith('text/') ? 'it was sent as a file, not as a message' : 'it is no text');

/** That a long text is still not read. */
function waitingNotice(id: string, why: string): KeyedNotice {
  const body = `Your long message has not been read yet: ${plainLine(why)}. Milton keeps trying.`;
  return { key: `unread-${id}`, notice: { title: '⏳ A message waits', body, kind: 'final', priority: 3 } };
}
