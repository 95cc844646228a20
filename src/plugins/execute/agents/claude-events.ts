import { z } from 'zod';
import type { AgentReport, Usage } from '../../../pipeline/agent.ts';
import type { Clean } from '../../../pipeline/services/clean.ts';
import { shortLine } from '../../../pipeline/short-line.ts';
import type { CliEnd } from '../process/run-cli.ts';
import type { Failure, Heard } from './cli-agent.ts';
import { doing, exitOf, LIST_LIMIT, parseLine, REASON, sentence, valueInWords } from './wording.ts';

/** What is known of a Claude Code run after some of its stream-json events. */
export interface ClaudeState {
  readonly session?: string;
  /** The last text it wrote. */
  readonly text: string;
  /** Why the service refused to go on, by its own event. */
  readonly refused?: 'login' | 'limit';
  /** Which of the account's limits that is, and when it may be used again, in seconds since the epoch. */
  readonly limit?: { readonly kind: string | undefined; readonly resetsAt: number | undefined };
  /** The model's message in work: several events make one. */
  readonly message?: string;
  readonly messageTokens: number;
  /** Of all messages before it. */
  readonly tokens: number;
  readonly turns: number;
  readonly result?: ClaudeResult;
}

export type ClaudeResult = z.output<typeof resultEvent>;

// Fields of another type than expected count as absent: the CLI changes from version to version, and its result matters more.
const text = z.string().optional().catch(undefined);
const number = z.number().nonnegative().optional().catch(undefined);
const usage = z
  .object({
    input_tokens: number,
    output_tokens: number,
    cache_creation_input_tokens: number,
    cache_read_input_tokens: number,
  })
  .optional()
  .catch(undefined);

const resultEvent = z.object({
  type: z.literal('result'),
  subtype: text,
  is_error: z.boolean().optional().catch(undefined),
  result: text,
  errors: z.array(z.unknown()).optional().catch(undefined),
  num_turns: number,
  duration_ms: number,
  total_cost_usd: number,
  usage,
  session_id: text,
  api_error_status: number.nullable().catch(undefined),
  permission_denials: z
    .array(z.object({ tool_name: z.string().catch('a tool'), tool_input: z.unknown().optional() }))
    .catch([])
    .default([]),
});

const block = z.object({ type: z.string(), text, name: text, input: z.unknown().optional() });
const assistantEvent = z.object({
  type: z.literal('assistant'),
  error: text,
  parent_tool_use_id: z.string().nullish().catch(undefined),
  message: z.object({ id: text, usage, content: z.array(block.catch({ type: 'unknown' })).catch([]) }),
});
const systemEvent = z.object({
  type: z.literal('system'),
  subtype: z.string(),
  session_id: text,
  attempt: number,
  max_retries: number,
  error: text,
});
/** The end of the year 9999, in seconds. */
const LATEST = 253_402_300_799;
/** How much of a subscription is used up; `rejected` = all of it. */
const rateLimitEvent = z.object({
  type: z.literal('rate_limit_event'),
  rate_limit_info: z.object({
    status: text,
    rateLimitType: text,
    resetsAt: z.number().positive().max(LATEST).optional().catch(undefined),
  }),
});
const event = z.discriminatedUnion('type', [resultEvent, assistantEvent, systemEvent, rateLimitEvent]);

type AssistantEvent = z.output<typeof assistantEvent>;

/** By what an event names the service's refusal. */
const REFUSALS: ReadonlyMap<string | undefined, ClaudeState['refused']> = new Map([
  ['authentication_failed', 'login'],
  ['rate_limit', 'limit'],
  ['billing_error', 'limit'],
]);

export const begin = (session: string | undefined): ClaudeState => ({
  ...{ text: '', messageTokens: 0, tokens: 0, turns: 0 },
  ...(session === undefined ? {} : { session }),
});

/** Most of what is written are results of tools, which tell nothing; to parse them takes longer than all the rest. */
const TELLING = /"type"\s*:\s*"(?:result|assistant|system|rate_limit_event)"/;

/** Takes one line of the stream in: the new state, and what it tells someone who waits. Unknown lines change nothing. */
export function readLine(state: ClaudeState, line: string): Heard<ClaudeState> {
  if (!TELLING.test(line)) return { state };
  const { data } = event.safeParse(parseLine(line));
  switch (data?.type) {
    case 'result':
      // It says nothing of how it ended.
      if (data.subtype === undefined && data.is_error === undefined) return { state };
      return { state: { ...state, result: data, ...(data.session_id ? { session: data.session_id } : {}) } };
    case 'assistant':
      return { state: withMessage(state, data), progress: toolsOf(data) };
    case 'rate_limit_event':
      return { state: withLimit(state, data.rate_limit_info) };
    case 'system': {
      const next = data.session_id ? { ...state, session: data.session_id } : state;
      if (data.subtype !== 'api_retry') return { state: next };
      const cause = RETRY_CAUSES.get(data.error) ?? 'no answer from the model';
      return { state: next, progress: [`${cause}, attempt ${data.attempt} of ${data.max_retries}`] };
    }
    default:
      return { state };
  }
}

function withLimit(state: ClaudeState, info: z.output<typeof rateLimitEvent>['rate_limit_info']): ClaudeState {
  const { status, rateLimitType: kind, resetsAt } = info;
  if (status === 'rejected') return { ...state, refused: 'limit', limit: { kind, resetsAt } };
  // There are several limits; only what is said of the same one takes a refusal back.
  if (!status?.startsWith('allowed') || state.limit === undefined || state.limit.kind !== kind) return state;
  const { refused, limit: _, ...rest } = state;
  return refused === 'login' ? { ...rest, refused } : rest;
}

function withMessage(state: ClaudeState, { error, message, parent_tool_use_id: parent }: AssistantEvent): ClaudeState {
  const said = message.content.flatMap((each) => (each.type === 'text' && each.text ? [each.text] : []));
  const refused = REFUSALS.get(error);
  const isNew = message.id !== undefined && message.id !== state.message;
  return {
    ...state,
    ...(refused ? { refused } : {}),
    ...(said.length > 0 ? { text: said.join('\n') } : {}),
    ...(message.id === undefined ? {} : { message: message.id }),
    tokens: state.tokens + (isNew ? state.messageTokens : 0),
    messageTokens: Math.max(isNew ? 0 : state.messageTokens, tokensOf(message.usage)),
    // What helpers of its own say are no turns of the conversation.
    turns: state.turns + (isNew && !parent ? 1 : 0),
  };
}

const toolsOf = ({ message }: AssistantEvent) =>
  message.content
    .filter((each) => each.type === 'tool_use')
    .map((each) => describeTool(each.name ?? 'a tool', each.input));

const tokensOf = (used: z.output<typeof usage>) =>
  (used?.input_tokens ?? 0) +
  (used?.output_tokens ?? 0) +
  (used?.cache_creation_input_tokens ?? 0) +
  (used?.cache_read_input_tokens ?? 0);

/** What it has used up so far; its last event knows best. */
export function usedBy({ result, turns, tokens, messageTokens }: ClaudeState): Usage {
  const counted = tokens + messageTokens;
  const all = Math.max(counted, tokensOf(result?.usage));
  return {
    turns: result?.num_turns ?? turns,
    ...(all > 0 ? { tokens: all } : {}),
    ...(result?.total_cost_usd === undefined ? {} : { costUsd: result.total_cost_usd }),
    ...(result?.duration_ms === undefined ? {} : { ms: result.duration_ms }),
  };
}

export function saidBy({ result, session, text }: ClaudeState): Pick<AgentReport, 'text' | 'session' | 'denials'> {
  const refused = result?.permission_denials.slice(0, LIST_LIMIT) ?? [];
  const denials = refused.map((each) => describeTool(each.tool_name, each.tool_input));
  return { text: result?.result ?? text, ...(session === undefined ? {} : { session }), denials };
}

const RETRY_CAUSES: ReadonlyMap<string | undefined, string> = new Map([
  ['rate_limit', 'rate limited'],
  ['overloaded', 'the model is overloaded'],
  ['server_error', 'the model service failed'],
  ['authentication_failed', 'login refused'],
]);

/** A tool use in a few words, as far as they are told: `Edit src/app.ts`, `Bash npm test`. */
export function describeTool(name: string, input: unknown): string {
  const { command, file_path, path, pattern, url } = (input ?? {}) as Record<string, unknown>;
  const subject = [command, file_path, path, pattern, url].find((each) => typeof each === 'string') as
    | string
    | undefined;
  return subject ? doing(`${name} ${subject}`) : name;
}

/** Why the run failed, in the order in which the facts can be trusted; undefined when it succeeded. */
export function failureOf(state: ClaudeState, end: CliEnd, clean: Clean): Failure | undefined {
  const { result } = state;
  if (result && (result.is_error || (result.subtype !== undefined && result.subtype !== 'success')))
    return resultError(state, result, clean);
  if (!result) return unfinished(end, clean);
  if (end.exitCode === 0) return undefined;
  return { cause: 'crash', reason: `It reported success, but ended with ${exitOf(end)}.` };
}

/** What to do where the login is missing. */
export const LOG_IN =
  'Claude Code is not logged in. Run "claude" in a terminal on this machine and log in, or set ANTHROPIC_API_KEY.';

function resultError(state: ClaudeState, result: ClaudeResult, clean: Clean): Failure {
  const { subtype, api_error_status: status, result: said = '', num_turns: turns } = result;
  if (state.refused === 'login' || status === 401 || /^(Not logged in|Invalid API key)/.test(said))
    return { cause: 'login', reason: LOG_IN };
  if (subtype === 'error_max_turns') {
    return { cause: 'budget', reason: `It was stopped at its limit of turns, after ${turns}.` };
  }
  if (subtype === 'error_max_budget_usd') return { cause: 'budget', reason: 'It was stopped at its limit of cost.' };
  const errors = (result.errors ?? []).slice(0, LIST_LIMIT).map(valueInWords).join('; ');
  const reason = sentence(shortLine(clean(said || errors || 'It ended with an error'), REASON));
  if (state.refused === 'limit' || status === 429) return { cause: 'limit', reason: `${reason}${resetOf(state)}` };
  return { cause: subtype === 'success' ? 'model' : 'other', reason };
}

const resetOf = ({ limit }: ClaudeState) =>
  limit?.resetsAt === undefined
    ? ''
    : ` It may go on at ${new Date(limit.resetsAt * 1000).toISOString().slice(0, 16)}Z.`;

function unfinished(end: CliEnd, clean: Clean): Failure {
  const last = end.stderr.split('\n').at(-1)?.trim();
  const option = /unknown option '([^']+)'/.exec(end.stderr)?.[1];
  if (option) return { cause: 'other', reason: `This Claude Code does not know ${option}. Update it: claude update` };
  const why = last ? `: ${sentence(shortLine(clean(last), REASON))}` : '.';
  return { cause: 'crash', reason: `It ended without a result (${exitOf(end)})${why}` };
}
