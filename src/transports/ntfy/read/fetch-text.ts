import type { Fetch } from '../../../pipeline/services.ts';
import type { Attachment } from '../server/events.ts';
import { NtfyFailure, networkFailure, statusFailure } from '../server/failure.ts';

/** How long one download may take from the first to the last byte, in ms. */
const TIME_LIMIT = 15_000;

export interface Download {
  readonly url: URL;
  /** What the server said of the file. */
  readonly file: Attachment;
  /** In bytes. */
  readonly limit: number;
  /** In ms; 15 s unless given. */
  readonly within?: number;
}

/**
 * Reads a text file once; rejects with NtfyFailure, `permanent` where trying again cannot help. It goes out without credentials:
 * the server hands its files to whoever knows their address.
 */
export async function fetchText(fetch: Fetch, download: Download, signal: AbortSignal): Promise<string> {
  const deadline = AbortSignal.timeout(download.within ?? TIME_LIMIT);
  try {
    const init = { redirect: 'manual', signal: AbortSignal.any([signal, deadline]) } as const;
    const response = await fetch(download.url, init);
    if (response.status !== 200) throw await refusal(response);
    return new TextDecoder().decode(await read(response, download));
  } catch (error) {
    if (deadline.aborted) throw new NtfyFailure('the server was too slow', { cause: error });
    throw networkFailure(error);
  }
}

async function read(response: Response, { file, limit }: Download): Promise<Uint8Array> {
  const cancel = async (failure: NtfyFailure) => {
    await response.body?.cancel();
    throw failure;
  };
  const type = response.headers.get('content-type') ?? '';
  // What answers a request for a plain text with a page is a captive portal or a proxy.
  if (type.startsWith('text/html') && !file.type?.startsWith('text/html')) {
    await cancel(new NtfyFailure('what answers there is no ntfy server'));
  }
  if (Number(response.headers.get('content-length')) > limit) await cancel(tooLarge(limit));
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  if (file.size !== undefined && file.size !== length) throw new WrongSize();
  return Buffer.concat(chunks);
}

/** A file above `limit` bytes, which is not read. */
export const tooLarge = (limit: number): NtfyFailure =>
  new NtfyFailure(`it has more than ${limit.toLocaleString('en')} bytes`, { permanent: true });

/** It is not as large as the server said; a proxy may have cut it. */
export class WrongSize extends NtfyFailure {
  constructor() {
    super('it came with a part missing');
  }
}

/** The server does not know the file: no longer, or not yet. */
export class UnknownFile extends NtfyFailure {
  constructor() {
    super('the server no longer has it', { permanent: true });
  }
}

/** What ntfy itself says with a number of its own is final; what a proxy or a portal answers instead says nothing of the file. */
async function refusal(response: Response): Promise<NtfyFailure> {
  const { status } = response;
  const failure = await statusFailure(response);
  if (status >= 500 || status === 429 || status === 408) return failure;
  const { code, retryAfter } = failure;
  const ofNtfy = code !== undefined && Math.floor(code / 100) === status;
  if (!ofNtfy) return new NtfyFailure(`something else answers in the server’s place (${status})`, { retryAfter });
  return status === 404 ? new UnknownFile() : new NtfyFailure(`the server refuses it (${code})`, { permanent: true });
}
