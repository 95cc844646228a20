import { z } from 'zod';
import { cleaner } from '../../../pipeline/services/clean.ts';
import { createRedactor } from '../../../pipeline/services/redact.ts';
import { shortLine } from '../../../pipeline/short-line.ts';

/**
 * How to go on after a failure: `soon` = it may pass by itself; `denied` = mostly wrong rights, seldom a hiccup; `slow` =
 * nothing will change until a person does something; `limited` = the server asks for fewer requests.
 */
export type Pace = 'soon' | 'denied' | 'slow' | 'limited';

/** Something that went wrong between Milton and the ntfy server. Its message never holds a credential. */
export class NtfyFailure extends Error {
  override readonly name = 'NtfyFailure';
  readonly pace: Pace;
  /** Sending the same again can never help. */
  readonly permanent: boolean;
  /** Not ntfy but something before it refused the request, such as a firewall that reads along, and maybe only for its text. */
  readonly filtered: boolean;
  /** No server has heard of the request. */
  readonly unheard: boolean;
  /** The server had the request and failed over it, maybe because of what is in it. */
  readonly choked: boolean;
  /** ntfy's own number for the error, such as 42908. */
  readonly code: number | undefined;
  /** Milliseconds the server asked to wait. */
  readonly retryAfter: number | undefined;

  constructor(
    message: string,
    options: {
      pace?: Pace;
      permanent?: boolean;
      filtered?: boolean;
      unheard?: boolean;
      choked?: boolean;
      code?: number | undefined;
      retryAfter?: number | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(withoutCredentials(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.pace = options.pace ?? 'soon';
    this.permanent = options.permanent ?? false;
    this.filtered = options.filtered ?? false;
    this.unheard = options.unheard ?? false;
    this.choked = options.choked ?? false;
    this.code = options.code;
    this.retryAfter = options.retryAfter;
  }
}

/** Characters of what a server says. */
const SAID = 200;
/** By the form of secrets alone: half of one would no longer be recognised where its exact value is known. */
const clean = cleaner(createRedactor([]));

/** Servers and libraries quote what they were sent. */
const withoutCredentials = (text: string) =>
  text.replace(/\b(Bearer|Basic) +[^\s"]+/gi, '$1 …').replace(/\btk_[-\w]{20,}/g, 'tk_…');

/** What to call an error of the network itself: a short reason instead of "fetch failed". */
export function networkFailure(error: unknown): NtfyFailure {
  if (error instanceof NtfyFailure) return error;
  const { cause, code, message } = error as Error & { code?: string; cause?: Cause };
  const why = cause?.code ?? cause?.message ?? code ?? message;
  const unheard = UNHEARD.has(why);
  const choked =
    why === 'UND_ERR_SOCKET' || (CUT.has(why) && cause?.syscall !== undefined && cause.syscall !== 'connect');
  return new NtfyFailure(`the server cannot be reached (${REASONS[why] ?? why})`, { unheard, choked, cause: error });
}

interface Cause {
  readonly code?: string;
  readonly message?: string;
  readonly syscall?: string;
}

/** Not where nothing answers: so a server that bans an address behaves. */
const UNHEARD = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'EHOSTUNREACH']);

/** What a connection that stood ends with. */
const CUT = new Set(['ECONNRESET', 'EPIPE']);

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  ENOTFOUND: 'unknown host name',
  EAI_AGAIN: 'no name service',
  ENETUNREACH: 'no network',
  EHOSTUNREACH: 'no route to the server',
  UND_ERR_SOCKET: 'connection cut',
  terminated: 'connection cut',
  UND_ERR_CONNECT_TIMEOUT: 'no answer',
};

/** A body, an address, headers: what proxies have limits for. */
const TOO_LARGE = new Set([413, 414, 431]);

/** A login, a wait: what is not about the text. */
const NOT_OF_TEXT = new Set([401, 407, 408, 425, 429]);

const serverError = z.object({ code: z.int(), error: z.string() });

/** What is read of an answer, whether fetch or `node:http` brought it. */
export interface Answer {
  readonly status: number;
  readonly statusText: string;
  readonly url: string;
  readonly headers: { get(name: string): string | null };
  readonly body: AsyncIterable<Uint8Array> | null;
}

/** The failure that a response other than 200 stands for. */
export async function statusFailure(response: Answer): Promise<NtfyFailure> {
  const { status, headers } = response;
  const known = serverError.safeParse(parse(await head(response)));
  const { code, error } = known.success ? known.data : { code: undefined, error: response.statusText };
  const said = [status, code, error && `"${shortLine(clean(error), SAID)}"`].filter(Boolean).join(' ');
  const filtered = status >= 400 && status < 500 && code === undefined && !NOT_OF_TEXT.has(status);
  const failure = (message: string, pace: Pace, permanent = false) =>
    new NtfyFailure(`${message} (${said})`, {
      pace,
      permanent,
      filtered,
      choked: status >= 500,
      code,
      retryAfter: retryAfter(headers, status),
    });

  if (status >= 300 && status < 400) {
    const to = URL.parse(headers.get('location') ?? '', response.url || undefined)?.origin ?? 'another address';
    return failure(
      `the server redirects to ${to}, which Milton does not follow: set NTFY_BASE_URL to that address`,
      'slow',
    );
  }
  if (status === 401)
    return failure('the server does not accept the credentials: check NTFY_TOKEN or NTFY_USER', 'slow');
  if (status === 403) return failure('the credentials have no right to this topic', 'denied');
  if (status === 404) return failure('the server does not know this path: check NTFY_BASE_URL', 'slow');
  if (status === 429) return failure('the server limits Milton', 'limited');
  // Any other answer of a proxy or a portal says nothing of this very request.
  const refused = TOO_LARGE.has(status) || (status < 500 && code !== undefined);
  if (status === 400 || refused) return failure('the server refuses the request', 'slow', true);
  return failure('the server failed', 'soon');
}

/** The first few kilobytes of a body; an endless one is given up. */
export async function head(response: Pick<Answer, 'body'>, limit = 16_384): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= limit) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** JSON, or undefined. */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** In ms. A proxy's page of maintenance names a day, and nobody is to be without answers for that long once the server is back. */
const LONGEST_WAIT = { limited: 3_600_000, else: 900_000 };

function retryAfter(headers: Answer['headers'], status: number): number | undefined {
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  const longest = status === 429 ? LONGEST_WAIT.limited : LONGEST_WAIT.else;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), longest) : undefined;
}
