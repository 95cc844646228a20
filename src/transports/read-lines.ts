import type { Readable } from 'node:stream';
import { Observable } from 'rxjs';
import { LineSplitter } from './line-splitter.ts';

const LIMIT = 1024 * 1024;

/** The lines of a stream such as stdin. Its end is no end of the lines: what reads on simply hears nothing more. */
export function readLines(input: Readable): Observable<string> {
  return new Observable((subscriber) => {
    const splitter = new LineSplitter(LIMIT, () => {});
    const emit = (lines: Iterable<string>) => {
      for (const line of lines) if (line.trim() !== '') subscriber.next(line);
    };
    const onData = (chunk: Buffer | string) =>
      emit(splitter.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk));
    const onEnd = () => emit(splitter.end());
    const onError = () => {};
    input.on('data', onData).on('end', onEnd).on('error', onError);
    input.resume();
    return () => {
      input.off('data', onData).off('end', onEnd).off('error', onError);
      // A stream that flows keeps the process alive.
      input.pause();
    };
  });
}
