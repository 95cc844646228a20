import { z } from 'zod';
import type { AgentReport, Usage } from '../../../pipeline/agent.ts';
import type { Clean } from '../../../pipeline/services/clean.ts';
import type { CliEnd } from '../process/run-cli.ts';
import type { Failure, Heard } from './cli-agent.ts';
import { codexError, codexFailure, codexUnfinished } from './codex-failure.ts';
import { doing, exitOf, parseLine, withOne } from './wording.ts';

/** What is known of a Codex run after some of its events. */
export interface CodexState {
  readonly session?: string;
  /** The last text it wrote. */
  readonly text: string;
  readonly turns: number;
  readonly tokens: number;
  /** It waits for the network: it says so from time to time, and would for ever. */
  readonly waiting: boolean;
  /** What has begun and not ended, by id; it was told when it began. */
  readonly open: readonly string[];
  readonly denials: readonly string[];
  /** How its last turn has ended; an error that comes alone is no end. */
  readonly ended?: 'completed' | 'failed';
  /** The last error that it did not try to get over by itself. */
  readonly error?: string;
}

// Fields of another type than expected count as absent: the CLI changes from version to version, and its end matters more.
const text = z.string().optional().catch(undefined);
const number = z.number().nonnegative().catch(0).default(0);

const change = z.object({ path: z.string().catch('a file'), kind: text });
const item = z.object({
  id: text,
  type: z.string(),
  text,
  command: text,
  status: text,
  changes: z.array(change).optional().catch(undefined),
});
type Item = z.output<typeof item>;

const event = z.discriminatedUnion('type', [
  z.object({ type: z.literal('thread.started'), thread_id: text }),
  z.object({ type: z.literal('item.started'), item }),
  z.object({ type: z.literal('item.completed'), item }),
  z.object({ type: z.literal('error'), message: text }),
  z.object({
    type: z.literal('turn.completed'),
    // What was read from a cache and what was thought are parts of these two.
    usage: z.object({ input_tokens: number, output_tokens: number }).optional().catch(undefined),
  }),
  z.object({ type: z.literal('turn.failed'), error: z.object({ message: text }).optional().catch(undefined) }),
]);

export const begin = (): CodexState => ({ text: '', turns: 0, tokens: 0, waiting: false, open: [], denials: [] });

/** Takes one event in: the new state, and what it tells someone who waits. Unknown lines change nothing. */
export function readLine(before: CodexState, line: string): Heard<CodexState> {
  const { data } = event.safeParse(parseLine(line));
  if (data === undefined) return { state: before };
  const state = { ...before, waiting: false };
  switch (data.type) {
    case 'thread.started':
      return { state: data.thread_id ? { ...state, session: data.thread_id } : state };
    case 'item.started':
      return started(state, data.item);
    case 'item.completed':
      return completed(state, data.item);
    case 'error': {
      const { retry, waiting, message } = codexError(data.message);
      return retry ? { state: { ...state, waiting }, progress: [retry] } : { state: { ...state, error: message } };
    }
    case 'turn.completed': {
      const { error: _, ...rest } = state;
      const { input_tokens: read = 0, output_tokens: written = 0 } = data.usage ?? {};
      // Counted over the whole conversation, not anew for each turn.
      const tokens = Math.max(state.tokens, read + written);
      return { state: { ...rest, ended: 'completed', turns: state.turns + 1, tokens } };
    }
    case 'turn.failed': {
      const error = data.error?.message ?? state.error;
      return { state: { ...state, ended: 'failed', ...(error === undefined ? {} : { error }) } };
    }
  }
}

function started(state: CodexState, item: Item): Heard<CodexState> {
  const does = describeItem(item);
  if (does === undefined || item.id === undefined) return { state };
  const open = state.open.includes(item.id) ? state.open : withOne(state.open, item.id);
  return { state: { ...state, open }, progress: [does] };
}

function completed(state: CodexState, item: Item): Heard<CodexState> {
  if (item.type === 'agent_message') return { state: item.text ? { ...state, text: item.text } : state };
  const does = describeItem(item);
  if (does === undefined) return { state };
  const refused = item.status === 'declined' || (item.type === 'file_change' && item.status === 'failed');
  const wasTold = state.open.includes(item.id ?? '');
  return {
    state: {
      ...state,
      open: wasTold ? state.open.filter((each) => each !== item.id) : state.open,
      denials: refused ? withOne(state.denials, does) : state.denials,
    },
    // Some versions tell of a change only when it is done.
    progress: wasTold ? [] : [does],
  };
}

const VERBS: ReadonlyMap<string | undefined, string> = new Map([
  ['add', 'Write'],
  ['delete', 'Delete'],
]);

/** What Codex does, in a few words, as far as they are told: `Bash npm test`, `Edit src/app.ts`; undefined where it says or thinks something. */
function describeItem({ type, command, changes = [] }: Item): string | undefined {
  if (type === 'command_execution') return doing(`Bash ${typed(command ?? '')}`);
  if (type !== 'file_change') return undefined;
  const [first, ...more] = changes;
  if (first === undefined) return 'Edit';
  const others = more.length > 0 ? ` and ${more.length} more` : '';
  return doing(`${VERBS.get(first.kind) ?? 'Edit'} ${first.path}${others}`);
}

/** What was typed into the shell that runs a command: `/bin/bash -lc 'npm test'`. */
function typed(command: string): string {
  const [, single, double, bare] = /^\S*sh -l?c (?:'([^']*)'|"([\s\S]*)"|(\S+))$/.exec(command) ?? [];
  return single ?? double?.replace(/\\(["\\$`])/g, '$1') ?? bare ?? command;
}

export const usedBy = ({ turns, tokens }: CodexState): Usage => ({ turns, ...(tokens > 0 ? { tokens } : {}) });

export const saidBy = ({ text, session, denials }: CodexState): Pick<AgentReport, 'text' | 'session' | 'denials'> => ({
  ...{ text, denials },
  ...(session === undefined ? {} : { session }),
});

/** Why the run failed, in the order in which the facts can be trusted; undefined when it succeeded. */
export function failureOf({ ended, error }: CodexState, end: CliEnd, clean: Clean): Failure | undefined {
  if (ended === 'failed') return codexFailure(error ?? '', clean);
  if (ended === undefined) return error === undefined ? codexUnfinished(end, clean) : codexFailure(error, clean);
  if (end.exitCode === 0) return undefined;
  return { cause: 'crash', reason: `It reported success, but ended with ${exitOf(end)}.` };
}
