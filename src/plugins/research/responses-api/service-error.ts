import { z } from 'zod';
import { MiltonError } from '../../../pipeline/errors.ts';
import type { Finding } from '../researcher.ts';

const message = z.string().min(1);
/** The shapes in which these APIs tell of an error. */
const Body = z.union([
  z.object({ error: z.object({ message }) }).transform(({ error }) => error.message),
  z.object({ error: message }).transform(({ error }) => error),
  z.object({ detail: message }).transform(({ detail }) => detail),
  z.object({ detail: z.array(z.object({ msg: message })).min(1) }).transform(({ detail }) => detail[0]!.msg),
  z.object({ message }).transform((body) => body.message),
]);

const RETRYABLE = [408, 409, 425, 429];
/** Nothing of this passes by itself: somebody has to do something. */
const LASTING = [401, 402, 403, 404, 410];

/** What an answer has cost, as far as the service tells. */
export type Spent = Pick<Finding, 'costUsd' | 'tokens'>;

/** Why a research service gave no answer. */
export class ServiceError extends MiltonError {
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** Somebody has to mend it before any request succeeds. */
  readonly lasting: boolean;
  /** In ms, where the server named a time. */
  readonly retryAfter: number | undefined;
  /** Of the HTTP answer, where it was the reason. */
  readonly status: number | undefined;
  /** What it has used up all the same, where that is known. */
  readonly used: Spent;

  constructor(
    message: string,
    options: {
      readonly retryable?: boolean;
      readonly retryAfter?: number | undefined;
      readonly status?: number;
      readonly hint?: string | undefined;
      readonly used?: Spent;
      readonly cause?: unknown;
    } = {},
  ) {
    super('RESEARCH', message, options);
    this.retryable = options.retryable ?? false;
    this.lasting = LASTING.includes(options.status ?? 0);
    this.retryAfter = options.retryAfter;
    this.status = options.status;
    this.used = options.used ?? {};
  }
}

/** The error behind an HTTP answer that is not a success. `hints` by status; `redirect` for one that leads elsewhere. */
export function errorOf(
  label: string,
  response: Response,
  body: string,
  hints: Readonly<Record<number | 'redirect', string>>,
): ServiceError {
  const { status } = response;
  const said = messageIn(body);
  return new ServiceError(`${label} answered ${status}${said ? `: ${said}` : '.'}`, {
    status,
    retryable: status >= 500 || RETRYABLE.includes(status),
    retryAfter: retryAfterOf(response.headers.get('retry-after')),
    hint: status >= 300 && status < 400 ? hints.redirect : hints[status],
  });
}

/** The server's own words in one short line; '' where the body is none of the known shapes (a proxy's HTML page, say). */
export function messageIn(body: string): string {
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

/** Whether a signal was aborted because the time was up, and not by somebody. */
export const isTimeout = (reason: unknown): boolean => reason instanceof DOMException && reason.name === 'TimeoutError';
