import { z } from 'zod';

/** Beyond what any answer has; what is more would only take time. */
const MOST_PAGES = 200;
const MOST_ITEMS = 500;

const text = z.string().catch('');

/** A list of which what cannot be read is left out: one odd entry does not cost the others. */
const readable = <Item extends z.ZodType>(item: Item, most: number) =>
  z
    .array(z.unknown())
    .transform((all) => all.slice(0, most).flatMap((each) => item.safeParse(each).data ?? []) as z.output<Item>[])
    .catch([]);

/** One page that a search has found. */
const Result = z.object({ id: z.union([z.number(), z.string()]).transform(String), title: text, url: z.string() });
export type Result = z.output<typeof Result>;
const Results = readable(Result, MOST_PAGES);

/** A place of the answer that rests on a page, as OpenAI's dialect tells of it. */
const Citation = z.object({ type: z.literal('url_citation'), title: text, url: z.string() });
export type Citation = z.output<typeof Citation>;

const Part = z.object({ type: z.string(), text, annotations: readable(Citation, MOST_PAGES) });

const Queries = z.array(z.string());
/** What a search asks for, in either dialect. */
const Search = z.object({
  type: z.literal('web_search_call'),
  action: z.object({ query: z.string().optional(), queries: Queries.optional() }),
});

const Item = z.discriminatedUnion('type', [
  z.object({ type: z.literal('search_results'), results: Results }),
  z.object({ type: z.literal('message'), content: readable(Part, MOST_ITEMS) }),
]);

const Failure = z.object({ message: z.string() }).nullish().catch(undefined);
const amount = z.number().nonnegative();

/** What an answer has used up. */
const Usage = z
  .object({
    total_tokens: amount.optional().catch(undefined),
    cost: z.object({ total_cost: amount }).optional().catch(undefined),
  })
  .optional()
  .catch(undefined);

/** A whole answer, as far as Milton reads it. */
export const Answer = z.object({
  status: z.string().catch('completed'),
  model: z.string().optional().catch(undefined),
  output: readable(Item, MOST_ITEMS),
  error: Failure,
  usage: Usage,
});
export type Answer = z.output<typeof Answer>;

const EVENTS = {
  'response.created': z.object({
    type: z.literal('response.created'),
    response: z.object({ id: z.string().regex(/^[\w-]{1,200}$/) }),
  }),
  'response.output_text.delta': z.object({ type: z.literal('response.output_text.delta'), delta: z.string() }),
  'response.reasoning.search_queries': z.object({
    type: z.literal('response.reasoning.search_queries'),
    queries: Queries,
  }),
  'response.reasoning.search_results': z.object({
    type: z.literal('response.reasoning.search_results'),
    results: Results,
  }),
  'response.output_item.done': z.object({ type: z.literal('response.output_item.done'), item: Search }),
  'response.completed': z.object({ type: z.literal('response.completed'), response: Answer }),
  'response.incomplete': z.object({ type: z.literal('response.incomplete'), response: Answer }),
  'response.failed': z.object({
    type: z.literal('response.failed'),
    error: Failure,
    response: Answer.optional().catch(undefined),
  }),
  error: z.object({ type: z.literal('error'), message: z.string().optional(), error: Failure }),
};

/** One event of a streamed answer, as far as Milton reads it. */
export type AnswerEvent = z.output<(typeof EVENTS)[keyof typeof EVENTS]>;

/** Reads an event; undefined where it is of another sort, or cannot be read. */
export function readEvent(value: unknown): AnswerEvent | undefined {
  const { type } = (value ?? {}) as { type?: unknown };
  if (typeof type !== 'string' || !Object.hasOwn(EVENTS, type)) return undefined;
  return EVENTS[type as keyof typeof EVENTS].safeParse(value).data;
}
