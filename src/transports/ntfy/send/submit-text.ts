import { TransportError } from '../../../pipeline/transport.ts';
import type { NtfyOptions } from '../options.ts';
import type { Api } from '../server/api.ts';
import { FILE_TOO_LARGE, NO_FILES } from '../server/error-codes.ts';
import { NtfyFailure } from '../server/failure.ts';
import { publish } from './publish.ts';

/** From this many bytes on the server makes a file of a text. */
const FILE_FROM = 4_096;

/** Sends a text to Milton as the person would; a long one as the file that the server would make of it. Resolves to the server's id. */
export async function submitText(
  api: Api,
  text: string,
  { askTopic, longestText }: Pick<NtfyOptions, 'askTopic' | 'longestText'>,
  signal: AbortSignal,
): Promise<string> {
  const bytes = Buffer.byteLength(text);
  const shorten = (why: string, cause?: unknown) =>
    new TransportError(`The text has ${bytes.toLocaleString('en')} bytes; ${why}.`, {
      retryable: false,
      hint: 'Shorten it.',
      cause,
    });
  if (bytes > longestText) throw shorten(`Milton reads at most ${longestText.toLocaleString('en')}`);
  // Named, since the server would else guess the ending by the content.
  const headers = bytes < FILE_FROM ? {} : { 'x-filename': 'attachment.txt' };
  try {
    return await publish(api, { topic: askTopic, headers, body: text }, signal);
  } catch (error) {
    const cause = error instanceof TransportError ? error.cause : undefined;
    const code = cause instanceof NtfyFailure ? cause.code : undefined;
    if (code === NO_FILES) throw shorten('the server takes at most 4,095, because it keeps no files', error);
    if (code === FILE_TOO_LARGE) throw shorten('that is more than the server takes', error);
    throw error;
  }
}
