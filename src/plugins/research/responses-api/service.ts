import type { Clean } from '../../../pipeline/services/clean.ts';
import type { Fetch, Logger } from '../../../pipeline/services.ts';
import type { Question, Researcher } from '../researcher.ts';

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
  readonly logger: Logger;
  /** For what a server says, before it is cut. */
  readonly clean: Clean;
  /** What to do about an HTTP status, about a redirect, a web page instead of data, and an answer that takes longer than `tryTimeout`. */
  readonly hints: Readonly<Record<number | 'redirect' | 'page' | 'slow', string>>;
  /** The request, without the fields of `optional` that are named. */
  body(question: Question, without: ReadonlySet<string>): object;
  /** Fields that not every server takes, each with how a refusal speaks of it. */
  readonly optional: Readonly<Record<string, RegExp>>;
}

/** The longest time a timer of Node's can hold, in seconds. */
export const LONGEST_TRY = 2_147_483;

/** Asks a service. What that takes is loaded with the first question: not every Milton asks one. */
export function researchBy(service: Service): Researcher['research'] {
  let client: Promise<Researcher['research']> | undefined;
  return async (question, context) => {
    client ??= import('./client.ts').then(({ researchWith }) => researchWith(service));
    return (await client)(question, context);
  };
}
