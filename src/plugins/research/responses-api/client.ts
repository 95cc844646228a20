import type { Clean } from '../../../pipeline/services/clean.ts';
import type { Fetch } from '../../../pipeline/services.ts';
import type { Finding, Question, ResearchContext } from '../researcher.ts';
import { persistence } from './persist.ts';
import { readAnswer } from './read-answer.ts';
import { readText } from './read-text.ts';
import { errorOf, ServiceError } from './service-error.ts';

/** A server that speaks OpenAI's Responses API or a dialect of it. */
export interface Service {
  /** What notices call it: `Perplexity`. */
  readonly label: string;
  /** Where a question is posted to. */
  readonly url: string;
  /** Where a running answer is ended, where the server can do that. */
  cancelUrl?(id: string): string;
  readonly apiKey: string | undefined;
  /** Seconds for one try, to the last byte; 0 = no limit. */
  readonly tryTimeout: number;
  /** How often a failed try is repeated. */
  readonly maxRetries: number;
  readonly fetch: Fetch;
  /** For what a server says, before it is cut. */
  readonly clean: Clean;
  /** What to do about an HTTP status, about a redirect, and about a web page instead of data. */
  readonly hints: Readonly<Record<number | 'redirect' | 'page', string>>;
  /** The request, without the fields of `optional` that are named. */
  body(question: Question, without: ReadonlySet<string>): object;
  /** Fields that not every server takes, each with how a refusal speaks of it. */
  readonly optional: Readonly<Record<string, RegExp>>;
}

/** Bytes of what a server says of an error. */
const MAX_ERROR = 64 * 1024;
/** How long it may take to end a remote run: whoever cancels waits for it. In ms. */
const CANCEL_WITHIN = 1500;

/** Asks a service: again where that helps, never beyond its time, and never on after nobody waits for the answer. */
export function researchWith(service: Service): (question: Question, context: ResearchContext) => Promise<Finding> {
  const persist = persistence(service.label, service.maxRetries);
  const refused = new Set<string>();

  async function attempt(question: Question, context: ResearchContext): Promise<Finding> {
    for (;;) {
      try {
        return await once(service, service.body(question, refused), context);
      } catch (error) {
        // Less than everything is better than nothing. What a server has refused is not tried again.
        const field = fieldIn(error);
        if (field === undefined) throw error;
        refused.add(field);
      }
    }
  }

  function fieldIn(error: unknown): string | undefined {
    if (!(error instanceof ServiceError) || (error.status !== 400 && error.status !== 422)) return undefined;
    return Object.keys(service.optional).find(
      (name) => !refused.has(name) && service.optional[name]!.test(error.message),
    );
  }

  return (question, context) => persist(() => attempt(question, context), context.signal);
}

/** One request with one limit over all of it, the last byte of the body included. */
async function once(service: Service, body: object, { signal: outer, searching }: ResearchContext): Promise<Finding> {
  const { label, clean, tryTimeout, hints } = service;
  const limit = tryTimeout > 0 ? AbortSignal.timeout(tryTimeout * 1000) : undefined;
  const signal = limit ? AbortSignal.any([outer, limit]) : outer;
  let running: string | undefined;
  try {
    const response = await post(service, service.url, JSON.stringify(body), signal);
    if (!response.ok) throw errorOf(label, response, clean(await readText(response, MAX_ERROR)), hints);
    return await readAnswer(response, {
      ...{ label, clean, searching, pageHint: hints.page },
      began: (id) => {
        running = id;
      },
      ended: () => {
        running = undefined;
      },
    });
  } catch (error) {
    if (running !== undefined) await cancel(service, running);
    outer.throwIfAborted();
    if (error instanceof ServiceError) throw error;
    if (limit?.aborted)
      throw new ServiceError(`${label} gave no full answer within ${tryTimeout} s.`, { retryable: true });
    if (error instanceof RangeError) throw new ServiceError(`The answer of ${label} is too long.`);
    throw new ServiceError(`The connection to ${label} failed: ${reasonOf(error)}.`, { retryable: true, cause: error });
  }
}

function post({ apiKey, fetch }: Service, url: string, body: string, signal: AbortSignal): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: {
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
      'content-type': 'application/json',
      accept: 'text/event-stream',
    },
    body,
    // Like 'error' it follows nothing, yet it says what the server answered.
    redirect: 'manual',
    signal,
  });
}

/** Nobody waits for this answer any more, and it would go on costing money. */
async function cancel(service: Service, id: string): Promise<void> {
  const url = service.cancelUrl?.(id);
  if (url === undefined) return;
  // Whether it worked changes nothing here.
  const response = await post(service, url, '{}', AbortSignal.timeout(CANCEL_WITHIN)).catch(() => undefined);
  await response?.body?.cancel().catch(() => undefined);
}

function reasonOf(error: unknown): string {
  const { code, message } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
  return code ?? message;
}
