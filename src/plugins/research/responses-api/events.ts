import { z } from 'zod';

const text = z.string().catch('');

/** One page that a search has found. */
const Result = z.object({ id: z.union([z.number(), z.string()]).transform(String), title: text, url: z.string() });
export type Result = z.output<typeof Result>;
/** Those that can be read: one odd page does not cost the others. */
const Results = z.array(Result.optional().catch(undefined)).transform((all) => all.filter((one) => one !== undefined));

/** A place of the answer that rests on a page, as OpenAI's dialect tells of it. */
const Citation = z.object({ type: z.literal('url_citation'), title: text, url: z.string() });

const Part = z.object({
  type: z.string(),
  text,
  annotations: z.array(Citation.optional().catch(undefined)).optional().catch(undefined),
});

const Queries = z.array(z.string());
/** What a search asks for, in either dialect. */
const Search = z.object({
  type: z.literal('web_search_call'),
  action: z.object({ query: z.string().optional(), queries: Queries.optional() }),
});

const Item = z.union([
  z.object({ type: z.literal('search_results'), results: Results }),
  z.object({ type: z.literal('message'), content: z.array(Part).nullish() }),
  Search,
  z.object({ type: z.string() }).transform(() => ({ type: 'other' as const })),
]);

const Failure = z.object({ message: z.string() }).nullish().catch(undefined);
const amount = z.number().nonnegative();

/** A whole answer, as far as Milton reads it. */
export const Answer = z.object({
  id: z.string().optional().catch(undefined),
  status: z.string().catch('completed'),
  model: z.string().optional().catch(undefined),
  output: z.array(Item.catch({ type: 'other' })).catch([]),
  error: Failure,
  usage: z
    .object({
      total_tokens: amount.optional().catch(undefined),
      cost: z.object({ total_cost: amount }).optional().catch(undefined),
    })
    .optional()
    .catch(undefined),
});
export type Answer = z.output<typeof Answer>;

/** One event of a streamed answer, as far as Milton reads it. */
export const AnswerEvent = z.union([
  z.object({ type: z.literal('response.created'), response: z.object({ id: z.string() }) }),
  z.object({ type: z.literal('response.output_text.delta'), delta: z.string() }),
  z.object({ type: z.literal('response.reasoning.search_queries'), queries: Queries }),
  z.object({ type: z.literal('response.reasoning.search_results'), results: Results }),
  z.object({ type: z.literal('response.output_item.done'), item: Search }),
  z.object({ type: z.enum(['response.completed', 'response.incomplete']), response: Answer }),
  z.object({ type: z.literal('response.failed'), error: Failure, response: Answer.optional().catch(undefined) }),
  z.object({ type: z.literal('error'), message: z.string().optional(), error: Failure }),
  z.object({ type: z.string() }).transform(() => ({ type: 'other' as const })),
]);
export type AnswerEvent = z.output<typeof AnswerEvent>;
