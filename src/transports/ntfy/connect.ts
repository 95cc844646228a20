import { Observable } from 'rxjs';
import type { Logger } from '../../pipeline/services.ts';
import { LineSplitter } from '../line-splitter.ts';
import type { Api } from './api.ts';
import { type NtfyEvent, parseEvent } from './events.ts';
import { NtfyFailure, networkFailure } from './failure.ts';

const LINE_LIMIT = 1024 * 1024;

/**
 * The events of one request to `/<topics>/json`: a stream, or with `poll=1` the server's cache. Completes where the server ends
 * it, errors with NtfyFailure; unsubscribing closes the socket at once.
 */
export function connect(api: Api, path: string, logger: Logger): Observable<NtfyEvent> {
  return new Observable((subscriber) => {
    const controller = new AbortController();
    const { signal } = controller;
    const splitter = new LineSplitter(LINE_LIMIT, (bytes) => logger.warn('skipped a line that is too long', { bytes }));
    const emit = (lines: Iterable<string>) => {
      for (const line of lines) {
        const event = parseEvent(line);
        if (event) subscriber.next(event);
        else logger.warn('skipped a line that is no ntfy event', { bytes: Buffer.byteLength(line) });
      }
    };
    const read = async () => {
      const response = await api(path, { signal });
      // What answers with a page is a captive portal or a proxy, not ntfy.
      const type = response.headers.get('content-type') ?? '';
      if (!type.startsWith('application/x-ndjson')) {
        await response.body?.cancel();
        throw new NtfyFailure(`what answers there is no ntfy server (it sent ${type || 'no content type'})`);
      }
      for await (const chunk of response.body ?? []) emit(splitter.push(chunk));
      emit(splitter.end());
    };
    read().then(
      () => subscriber.complete(),
      (error) => subscriber.error(networkFailure(error)),
    );
    return () => controller.abort();
  });
}
