import { catchError, map, Observable, of } from 'rxjs';
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
import { type NtfyFailure, networkFailure } from '../server/failure.ts';
import { fetchText, UnknownFile, WrongSize } from './fetch-text.ts';
import { isFileAlone, isMadeOfText, longTextUrl } from './text-file.ts';
import { MOST, NotNow, TextQueue, TooMany } from './text-queue.ts';
import { hourly, waitingNotice } from './waiting-notice.ts';

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
 * server that does not hand out one file must not hold up the rest. Anybody may send long texts, before anything is verified: what
 * they can cause is bounded, in requests, in memory, and to one notice and two warnings an hour.
 */
export function messageReader(parts: ReaderParts): (event: NtfyEvent) => Reading | Observable<Reading> {
  const { fetch, options, meter, clean, announce, logger, now } = parts;
  const queue = new TextQueue();
  const [isToTell, isToWarn, isToWarnOfLeft] = [hourly(now), hourly(now), hourly(now)];
  const tell = (count: number, why: string) => {
    if (count > 0 && isToTell()) announce(waitingNotice(count, why, now()));
  };
  const download = async (event: NtfyEvent, signal: AbortSignal) => {
    const url = longTextUrl(event, options, now());
    const { attachment: file = {} } = event;
    signal.throwIfAborted();
    try {
      meter?.spend('file');
    } catch (error) {
      const { message, retryAfter } = networkFailure(error);
      throw new NotNow(message, { retryAfter: retryAfter ?? 0 });
    }
    try {
      const text = await fetchText(fetch, { url, file, limit: options.longestText }, signal);
      meter?.answered();
      return text;
    } catch (error) {
      meter?.answered(networkFailure(error), 'file');
      throw error;
    }
  };
  const longText = (event: NtfyEvent) =>
    new Observable<string>((subscriber) => {
      const backoff = new Backoff(options.backoffMax * 1000);
      const end = (event.attachment?.expires ?? event.time + KEPT) * 1000;
      let denials = 0;
      let sizes = 0;
      const again = (failure: NtfyFailure) => {
        const notYet = failure instanceof UnknownFile ? NOT_YET[denials++] : undefined;
        if (notYet !== undefined) return notYet;
        const wait = failure instanceof NotNow ? (failure.retryAfter ?? 0) : backoff.next(failure);
        const hopeless = failure.permanent || (failure instanceof WrongSize && ++sizes >= SIZES_TRIED);
        const at = now() + wait;
        if (hopeless || at >= end) return undefined;
        tell(queue.since.filter((since) => at - since >= TELL_AFTER).length, failure.message);
        logger[isToWarn() ? 'warn' : 'debug'](`a text that is a file is not read yet: ${failure.message}`, {
          id: event.id,
        });
        return wait;
      };
      return queue.add({ since: now(), read: (signal) => download(event, signal), again }, subscriber);
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
        if (error instanceof TooMany) tell(MOST, error.message);
        logger[isToWarnOfLeft() ? 'warn' : 'debug'](`a text that is a file was not read: ${error.message}`, {
          id: event.id,
        });
        return of(unread(name, error.message));
      }),
    );
  };
}

const notText = (type = '') => (type.startsWith('text/') ? 'it was sent as a file, not as a message' : 'it is no text');
