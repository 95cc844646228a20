import type { Finding, Question, ResearchContext } from '../researcher.ts';
import { persistence } from './persist.ts';
import { readAnswer } from './read-answer.ts';
import { bytesOf, upTo } from './read-text.ts';
import type { Service } from './service.ts';
import { errorOf, isTimeout, ServiceError } from './service-error.ts';

/** Bytes of what a server says of an error; the rest is of no use. */
const MAX_ERROR = 64 * 1024;
/** How long it may take to end a remote run: whoever cancels waits for it. In ms. */
const CANCEL_WITHIN = 1500;
/** The part of a try's time at its end in which an answer that is alive has to be heard of. */
const LAST_PART = 0.25;

/** Asks a service: again where that helps, never beyond its time, and never on after nobody waits for the answer. */
export function researchWith(service: Service): (question: Question, context: ResearchContext) => Promise<Finding> {
  const persist = persistence(service.label, service.maxRetries);
  const refused = new Set<string>();

  /** Less than everything is better than nothing: what a server refuses is left out, from then on where it was the reason. */
  async function attempt(question: Question, context: ResearchContext): Promise<Finding> {
    const without = new Set(refused);
    for (;;) {
      try {
        const found = await once(service, service.body(question, without), context);
        for (const field of without.difference(refused)) {
          service.logger.warn(`${service.label} does not take "${field}", which is left out from now on`);
          refused.add(field);
        }
        return found;
      } catch (error) {
        const field = fieldIn(error, without);
        if (field === undefined) throw error;
        without.add(field);
      }
    }
  }

  function fieldIn(error: unknown, without: ReadonlySet<string>): string | undefined {
    if (!(error instanceof ServiceError) || (error.status !== 400 && error.status !== 422)) return undefined;
    return Object.keys(service.optional).find(
      (name) => !without.has(name) && service.optional[name]!.test(error.message),
    );
  }

  return (question, context) => persist(() => attempt(question, context), context.signal);
}

/** One request with one limit over all of it, the last byte of the body included. */
async function once(service: Service, body: object, { signal: outer, searching }: ResearchContext): Promise<Finding> {
  const { label, clean, tryTimeout, hints } = service;
  const limit = tryTimeout > 0 ? AbortSignal.timeout(tryTimeout * 1000) : undefined;
  // Whatever of the connection is open in the end is closed with it.
  const over = new AbortController();
  const signal = AbortSignal.any([outer, over.signal, ...(limit ? [limit] : [])]);
  let running: string | undefined;
  let heardAt: number | undefined;
  try {
    const response = await post(service, service.url, JSON.stringify(body), signal);
    if (!response.ok) throw errorOf(label, response, clean(await beginningOf(response)), hints);
    return await readAnswer(response, {
      ...{ label, clean, searching, pageHint: hints.page },
      began: (id) => {
        running = id;
      },
      ended: () => {
        running = undefined;
      },
      alive: () => {
        heardAt = performance.now();
      },
    });
  } catch (error) {
    // What only takes longer would do so again, and cost as much again.
    const alive = heardAt !== undefined && performance.now() - heardAt < tryTimeout * 1000 * LAST_PART;
    if (running !== undefined) await cancel(service, running);
    if (outer.aborted && !isTimeout(outer.reason)) throw outer.reason;
    if (error instanceof ServiceError) throw error;
    if (outer.aborted) throw new ServiceError(`${label} gave no answer in time.`, { retryable: true });
    if (limit?.aborted) {
      const what = `${label} gave no full answer within ${tryTimeout} s.`;
      throw new ServiceError(what, alive ? { hint: hints.slow } : { retryable: true });
    }
    if (error instanceof RangeError) throw new ServiceError(`The answer of ${label} is too long.`);
    throw new ServiceError(`The connection to ${label} failed: ${reasonOf(error)}.`, { retryable: true, cause: error });
  } finally {
    over.abort();
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

/** What of an error can be read; the status says most. */
async function beginningOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of upTo(bytesOf(response), MAX_ERROR)) chunks.push(chunk);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return Buffer.concat(chunks).toString('utf8');
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
