import { z } from 'zod';
import { MiltonError } from '../../pipeline/errors.ts';

const message = z.string().min(1);
/** The five shapes in which the API tells of an error. */
const Body = z.union([
  z.object({ error: z.object({ message }) }).transform(({ error }) => error.message),
  z.object({ error: message }).transform(({ error }) => error),
  z.object({ detail: message }).transform(({ detail }) => detail),
  z.object({ detail: z.array(z.object({ msg: message })).min(1) }).transform(({ detail }) => detail[0]!.msg),
  z.object({ message }).transform((body) => body.message),
]);

const RETRYABLE = [408, 409, 425, 429];
const HINTS: Readonly<Record<number, string>> = {
  400: 'Check PERPLEXITY_MODEL.',
  401: 'Check PERPLEXITY_API_KEY.',
  403: 'Check PERPLEXITY_API_KEY and what your account may use.',
  404: 'Check PERPLEXITY_BASE_URL and PERPLEXITY_MODEL.',
  410: 'Milton needs an update: the Perplexity API has changed.',
};

/** Why Perplexity gave no answer. `retryAfter` in ms where the server named a time. */
export class PerplexityError extends MiltonError {
  readonly retryable: boolean;
  readonly retryAfter: number | undefined;

  constructor(
    message: string,
    options: { retryable: boolean; retryAfter?: number | undefined; hint?: string | undefined; cause?: unknown },
  ) {
    super('PERPLEXITY', message, options);
    this.retryable = options.retryable;
    this.retryAfter = options.retryAfter;
  }

  /** The error behind an HTTP answer that is not a success. */
  static ofResponse(response: Response, body: string): PerplexityError {
    const { status } = response;
    const said = messageOf(body);
    return new PerplexityError(`Perplexity answered ${status}${said ? `: ${said}` : '.'}`, {
      retryable: status >= 500 || RETRYABLE.includes(status),
      retryAfter: retryAfterOf(response.headers.get('retry-after')),
      hint: status >= 300 && status < 400 ? 'Check PERPLEXITY_BASE_URL: redirects are not followed.' : HINTS[status],
    });
  }
}

/** The server's own words in one short line; '' where the body is none of the known shapes (a proxy's HTML page, say). */
function messageOf(body: string): string {
  try {
    const said = Body.safeParse(JSON.parse(body)).data ?? '';
    const line = said.replace(/\s+/g, ' ').trim().slice(0, 200).toWellFormed();
    return line === '' || /[.!?]$/.test(line) ? line : `${line}.`;
  } catch {
    return '';
  }
}

/** Milliseconds from seconds or from a date. */
function retryAfterOf(header: string | null): number | undefined {
  if (header === null) return undefined;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
