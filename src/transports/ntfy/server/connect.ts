import type { IncomingMessage } from 'node:http';
import { Observable } from 'rxjs';
import type { Logger } from '../../../pipeline/services.ts';
import { LineSplitter } from '../../line-splitter.ts';
import { type NtfyEvent, parseEvent } from './events.ts';
import { NtfyFailure, networkFailure } from './failure.ts';
import type { OpenStream } from './open-stream.ts';
import { SkippedLines } from './skipped-lines.ts';

/** In characters; ntfy's own lines have at most some 20,000. */
const LINE_LIMIT = 1024 * 1024;

/** What ntfy ends every line with, the last one too. */
const LINE_END = 10;

/** Otherwise a connection that is cut looks like an answer that is over. */
const saysItsEnd = ({ headers }: IncomingMessage) =>
  headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined;

/**
 * The events of one request to `/<topics>/json`: a stream, or with `poll=1` the server's cache. Completes where the server ends
 * it, errors with NtfyFailure; unsubscribing closes the socket at once. `whole` = it is to complete only where nothing is missing.
 */
export function connect(
  open: OpenStream,
  path: string,
  logger: Logger,
  { whole = false }: { whole?: boolean } = {},
): Observable<NtfyEvent> {
  return new Observable((subscriber) => {
    const controller = new AbortController();
    const skipped = new SkippedLines(logger);
    const splitter = new LineSplitter(LINE_LIMIT, () => skipped.add('a line that is too long'));
    const emit = (lines: readonly string[]) => {
      for (const line of lines) {
        const event = parseEvent(line);
        if (event) subscriber.next(event);
        else skipped.add(`a line that is no ntfy event (${line.length} characters)`);
        // Whoever hears this event may have heard enough.
        if (subscriber.closed) return;
      }
    };
    const fail = (error: unknown) => subscriber.error(networkFailure(error));
    const read = async () => {
      const response = await open(path, controller.signal);
      // What answers with a page is a captive portal or a proxy, not ntfy.
      const type = response.headers['content-type'] ?? '';
      if (!type.startsWith('application/x-ndjson')) {
        throw new NtfyFailure(`what answers there is no ntfy server (it sent ${type || 'no content type'})`);
      }
      let last = LINE_END;
      response
        .on('data', (chunk: Uint8Array) => {
          last = chunk.at(-1) ?? last;
          emit(splitter.push(chunk));
        })
        .on('end', () => {
          emit(splitter.end());
          if (!whole || (last === LINE_END && saysItsEnd(response))) subscriber.complete();
          else fail(new NtfyFailure('the answer was cut short, or does not say where it ends'));
        })
        .on('error', fail);
    };
    read().catch(fail);
    return () => {
      controller.abort();
      skipped.tell();
    };
  });
}
