import { z } from 'zod';
import type { Clean } from '../../pipeline/services/clean.ts';
import { sanitise } from '../../pipeline/services/sanitise.ts';
import { shortLine } from '../../pipeline/short-line.ts';
import type { Finding } from './researcher.ts';

/** Far beyond what was asked for; it keeps a runaway answer out of the store. */
const MAX_TEXT = 20_000;
/** Characters of a source's title. */
const TITLE = 200;

const Result = z.object({ id: z.union([z.number(), z.string()]), title: z.string().catch(''), url: z.string() });
type Result = z.output<typeof Result>;

const Item = z.union([
  z.object({ type: z.literal('search_results'), results: z.array(Result) }),
  z.object({
    type: z.literal('message'),
    content: z.array(z.object({ type: z.string(), text: z.string().catch('') })).nullish(),
  }),
  z.object({ type: z.string() }).transform(() => ({ type: 'other' as const })),
]);

const Failure = z.object({ message: z.string() }).nullish().catch(undefined);

/** A whole answer of the Agent API, as far as Milton reads it. */
export const AgentResponse = z.object({
  status: z.string().catch('completed'),
  model: z.string().optional().catch(undefined),
  output: z.array(Item.catch({ type: 'other' })).catch([]),
  error: Failure,
  usage: z
    .object({ cost: z.object({ total_cost: z.number() }) })
    .optional()
    .catch(undefined),
});
export type AgentResponse = z.output<typeof AgentResponse>;

/** One event of a streamed answer, as far as Milton reads it. */
export const AgentEvent = z.union([
  z.object({ type: z.literal('response.output_text.delta'), delta: z.string() }),
  z.object({ type: z.literal('response.reasoning.search_results'), results: z.array(Result) }),
  z.object({ type: z.enum(['response.completed', 'response.incomplete']), response: AgentResponse }),
  z.object({ type: z.literal('response.failed'), error: Failure, response: AgentResponse.optional().catch(undefined) }),
  z.object({ type: z.literal('error'), message: z.string().optional(), error: Failure }),
  z.object({ type: z.string() }).transform(() => ({ type: 'other' as const })),
]);
export type AgentEvent = z.output<typeof AgentEvent>;

/**
 * Makes a finding of an answer; what was streamed stands in for what the whole answer lacks. The text keeps
 * its own `[n]`; the sources are the cited https results in the order of their first mention, and their numbers stand at its end.
 */
export function findingOf(
  response: AgentResponse,
  streamed: { text: string; results: readonly Result[] },
  clean: Clean,
): Finding {
  const plain = (foreign: string, length: number) => clean(foreign).trim().slice(0, length).toWellFormed();
  const messages = response.output.flatMap((item) => (item.type === 'message' ? (item.content ?? []) : []));
  const whole = messages.map((part) => (part.type === 'output_text' ? part.text : '')).join('');
  const text = plain(whole || streamed.text, MAX_TEXT);
  const found = response.output.flatMap((item) => (item.type === 'search_results' ? item.results : []));
  const results = found.length > 0 ? found : streamed.results;
  const cited = new Set([...text.matchAll(/\[(\d{1,3})\]/g)].map((match) => match[1]!));
  const sources = [...cited].flatMap((id) => {
    const result = results.find((one) => String(one.id) === id);
    const url = result && publicAddress(result.url);
    if (!result || !url) return [];
    return [
      { id, title: shortLine(clean(result.title), TITLE) || new URL(url).hostname, url: cleanAddress(url, clean) },
    ];
  });
  const list = sources.map(({ id, title, url }) => `[${id}] ${title} ${url}`);
  const cost = response.usage?.cost.total_cost;
  return {
    by: plain(response.model ?? '', 80) || 'perplexity',
    text: list.length > 0 ? `${text}\n\nSources:\n${list.join('\n')}` : text,
    sources: sources.map(({ title, url }) => ({ title, url })),
    ...(cost === undefined ? {} : { costUsd: cost }),
  };
}

/** An address, without its path where that holds a secret; how it is encoded must not hide one. */
function cleanAddress(url: string, clean: Clean): string {
  const { origin, pathname } = new URL(url);
  const written = pathname.replace(/%[0-9A-F]{2}/gi, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)));
  return clean(url) === url && clean(written) === sanitise(written) ? url : origin;
}

/** An https address without its query, which may carry tracking or a key; undefined for anything else. */
function publicAddress(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { protocol, host, pathname, username } = new URL(url);
  return protocol === 'https:' && username === '' ? `https://${host}${pathname}` : undefined;
}
