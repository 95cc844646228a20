import type { Clean } from '../../pipeline/services/clean.ts';
import type { Fetch } from '../../pipeline/services.ts';
import { INSTRUCTIONS } from './instructions.ts';
import { chooseModel } from './models.ts';
import { outgoing } from './outgoing.ts';
import { PerplexityError } from './perplexity-error.ts';
import { readAnswer, readText } from './read-answer.ts';
import type { Finding, Question, Researcher } from './researcher.ts';
import { backoff, retry } from './retry.ts';

const MAX_RETRY_AFTER = 20_000;

interface PerplexityOptions {
  readonly apiKey: string;
  /** Without a path: `https://api.perplexity.ai`. */
  readonly baseUrl: string;
  /** See `chooseModel`. */
  readonly model: string | undefined;
  /** Seconds for one try, to the last byte; 0 = no limit. */
  readonly tryTimeout: number;
  /** How often a failed try is repeated. */
  readonly maxRetries: number;
  readonly fetch: Fetch;
  /** For what goes out, and for what comes in. */
  readonly clean: Clean;
}

/** Research on the web through Perplexity's Agent API. */
export function perplexity(options: PerplexityOptions): Researcher {
  const { maxRetries } = options;
  const choice = chooseModel(options.model);
  let forceSearch = 'model' in choice.body;

  return {
    name: 'perplexity',
    research: (question, signal) =>
      retry(() => attempt(question, signal), {
        signal,
        pause(error, failures) {
          if (!(error instanceof PerplexityError) || !error.retryable || failures > maxRetries) return undefined;
          const asked = error.retryAfter ?? 0;
          return asked > MAX_RETRY_AFTER ? undefined : Math.max(asked, backoff(failures));
        },
      }),
  };

  async function attempt(question: Question, signal: AbortSignal): Promise<Finding> {
    try {
      return await oneTry(options, bodyOf(question), signal);
    } catch (error) {
      // Not every server takes it, and a search that is only likely is better than none.
      if (!forceSearch || !(error instanceof PerplexityError) || !/\b400\b.*tool_choice/.test(error.message))
        throw error;
      forceSearch = false;
      return oneTry(options, bodyOf(question), signal);
    }
  }

  function bodyOf(question: Question): object {
    const { kind } = question.task;
    const search = {
      tools: [{ type: 'web_search', search_context_size: 'medium' }],
      ...(forceSearch ? { tool_choice: 'required' } : {}),
      max_steps: kind === 'CODE' ? 3 : 5,
    };
    return {
      ...choice.body,
      instructions: INSTRUCTIONS[kind],
      input: outgoing(question, options.clean),
      ...('model' in choice.body ? search : {}),
      max_output_tokens: 2000,
      stream: true,
      store: false,
    };
  }
}

/** One request with one limit over all of it, the last byte of the body included. */
async function oneTry(options: PerplexityOptions, body: object, outer: AbortSignal): Promise<Finding> {
  const limit = options.tryTimeout > 0 ? AbortSignal.timeout(options.tryTimeout * 1000) : undefined;
  const signal = limit ? AbortSignal.any([outer, limit]) : outer;
  try {
    const response = await options.fetch(`${options.baseUrl.replace(/\/+$/, '')}/v1/agent`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${options.apiKey}`,
        'content-type': 'application/json',
        accept: 'text/event-stream',
      },
      body: JSON.stringify(body),
      // Like 'error' it follows nothing, yet it says what the server answered.
      redirect: 'manual',
      signal,
    });
    if (!response.ok) throw PerplexityError.ofResponse(response, options.clean(await readText(response)));
    return await readAnswer(response, options.clean);
  } catch (error) {
    outer.throwIfAborted();
    if (error instanceof PerplexityError) throw error;
    if (limit?.aborted) {
      throw new PerplexityError(`Perplexity gave no full answer within ${options.tryTimeout} s.`, { retryable: true });
    }
    if (error instanceof RangeError)
      throw new PerplexityError("Perplexity's answer is too long.", { retryable: false });
    throw new PerplexityError(`The connection to Perplexity failed: ${reasonOf(error)}.`, {
      retryable: true,
      cause: error,
    });
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
  return code ?? message;
}
