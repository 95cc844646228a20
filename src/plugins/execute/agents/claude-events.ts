import { z } from 'zod';
import type { CliEnd } from '../run-cli.ts';

/** What is known of a Claude Code run after some of its stream-json events. */
export interface ClaudeState {
  readonly session?: string;
  /** The last text it wrote. */
  readonly text: string;
  /** Its login was refused. */
  readonly loggedOut: boolean;
  readonly result?: ClaudeResult;
}

export type ClaudeResult = z.output<typeof resultEvent>;

// Fields of another type than expected count as absent: the CLI changes from version to version, and its result matters more.
const text = z.string().optional().catch(undefined);
const number = z.number().optional().catch(undefined);

const resultEvent = z.object({
  type: z.literal('result'),
  subtype: text,
  is_error: z.boolean().optional().catch(undefined),
  result: text,
  errors: z.array(z.unknown()).optional().catch(undefined),
  num_turns: number,
  duration_ms: number,
  total_cost_usd: number,
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
  message: z.object({ content: z.array(block.catch({ type: 'unknown' })).catch([]) }),
});
const systemEvent = z.object({
  type: z.literal('system'),
  subtype: z.string(),
  session_id: text,
  attempt: number,
  max_retries: number,
  error: text,
});
const event = z.discriminatedUnion('type', [resultEvent, assistantEvent, systemEvent]);

export const BEGINNING: ClaudeState = { text: '', loggedOut: false };

/** Takes one line of the stream in: the new state, and what it tells someone who waits. Unknown lines change nothing. */
export function readLine(
  state: ClaudeState,
  line: string,
): { readonly state: ClaudeState; readonly progress: readonly string[] } {
  const { data } = event.safeParse(parse(line));
  switch (data?.type) {
    case 'result':
      return {
        state: { ...state, result: data, ...(data.session_id ? { session: data.session_id } : {}) },
        progress: [],
      };
    case 'assistant': {
      const { content } = data.message;
      const said = content.filter((each) => each.type === 'text' && each.text).map((each) => each.text);
      const progress = content
        .filter((each) => each.type === 'tool_use')
        .map((each) => describeTool(each.name ?? 'a tool', each.input));
      const loggedOut = state.loggedOut || data.error === 'authentication_failed';
      return { state: { ...state, loggedOut, ...(said.length > 0 ? { text: said.join('\n') } : {}) }, progress };
    }
    case 'system': {
      const next = data.session_id ? { ...state, session: data.session_id } : state;
      if (data.subtype !== 'api_retry') return { state: next, progress: [] };
      return {
        state: next,
        progress: [
          `${RETRY_CAUSES[data.error ?? ''] ?? 'no answer from the model'}, attempt ${data.attempt} of ${data.max_retries}`,
        ],
      };
    }
    default:
      return { state, progress: [] };
  }
}

const RETRY_CAUSES: Readonly<Record<string, string>> = {
  rate_limit: 'rate limited',
  overloaded: 'the model is overloaded',
  server_error: 'the model service failed',
  authentication_failed: 'login refused',
};

/** A tool use in a few words: `Edit src/app.ts`, `Bash npm test`. */
export function describeTool(name: string, input: unknown): string {
  const { command, file_path, path, pattern, url } = (input ?? {}) as Record<string, unknown>;
  const subject = [command, file_path, path, pattern, url].find((each) => typeof each === 'string') as
    | string
    | undefined;
  return subject ? cut(`${name} ${subject.replace(/\s+/g, ' ')}`, 120) : name;
}

/** Why the run failed, in the order in which the facts can be trusted; undefined when it succeeded. */
export function failureOf(state: ClaudeState, end: CliEnd): string | undefined {
  const { result } = state;
  if (result && (result.is_error || (result.subtype !== undefined && result.subtype !== 'success')))
    return resultError(state, result);
  if (!result) return unfinished(end);
  if (end.exitCode === 0) return undefined;
  return `It reported success, but ended with ${exitOf(end)}.`;
}

/** What to do where the login is missing. */
export const LOG_IN =
  'Claude Code is not logged in. Run "claude" in a terminal on this machine and log in, or set ANTHROPIC_API_KEY.';

function resultError(state: ClaudeState, result: ClaudeResult): string {
  const { subtype, api_error_status: status, result: said = '' } = result;
  if (state.loggedOut || status === 401 || /^(Not logged in|Invalid API key)/.test(said)) return LOG_IN;
  if (subtype === 'error_max_turns') return `It reached its limit of turns (maxTurns) after ${result.num_turns} turns.`;
  if (subtype === 'error_max_budget_usd') return 'It reached its budget.';
  const errors = (result.errors ?? []).map(String).join('; ');
  return sentence(cut((said || errors || 'It ended with an error').replace(/\s+/g, ' ').trim(), 300));
}

function unfinished(end: CliEnd): string {
  const last = end.stderr.split('\n').at(-1)?.trim();
  const option = /unknown option '([^']+)'/.exec(end.stderr)?.[1];
  if (option) return `This Claude Code does not know ${option}. Update it: claude update`;
  return `It ended without a result (${exitOf(end)})${last ? `: ${sentence(cut(last, 300))}` : '.'}`;
}

const exitOf = ({ exitCode, signal }: CliEnd) =>
  exitCode === undefined ? (signal ?? 'no exit code') : `exit code ${exitCode}`;
const cut = (line: string, length: number) => (line.length > length ? `${line.slice(0, length - 1)}…` : line);
const sentence = (line: string) => (/[.!?…]$/.test(line) ? line : `${line}.`);

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
