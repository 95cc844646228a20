import { z } from 'zod';
import { address, choice, flag, integer, seconds, text, topic, words } from './text.ts';

/** What is known of a variable beside its type. */
export interface About {
  /** Its value is never shown. */
  readonly secret?: true;
  readonly unit?: 'seconds' | 'characters';
  /** `path`: `~` is the home folder, and relative means relative to the file or folder it was written in. `command` likewise,
   * unless it is a bare name. */
  readonly kind?: 'path' | 'command';
  /** The folder variable that the default stands under. */
  readonly under?: 'STATE_DIR';
}

/** What is known of each variable of `variables`, by its schema. */
export const about = z.registry<About>();

const variable = <Schema extends z.ZodType>(schema: Schema, description: string, known: About = {}): Schema => {
  const own = schema.describe(description);
  about.add(own, known);
  return own;
};
const secret = (description: string) => variable(text().optional(), description, { secret: true });

/** Every environment variable that Milton reads, by name. */
export const variables = z.object({
  TARGET_REPO: variable(
    text().default(''),
    'The git repository that requests work in, unless milton.config.ts names others',
    {
      kind: 'path',
    },
  ),

  NTFY_BASE_URL: variable(address('https://ntfy.sh').default('https://ntfy.sh'), 'The ntfy server'),
  ASK_TOPIC: variable(topic().default('milton-briefing-code-ask'), 'The topic that requests arrive on'),
  ANSWER_TOPIC: variable(topic().default('milton-briefing-code'), 'The topic that notices go to'),
  CLAUDE_TOPIC: variable(
    z.union([z.literal(''), topic()]).default(''),
    'A topic whose messages are all CODE for Claude Code; none unless set',
  ),
  CODEX_TOPIC: variable(
    z.union([z.literal(''), topic()]).default(''),
    'A topic whose messages are all CODE for Codex; none unless set',
  ),
  NTFY_TOKEN: secret('Access token for the ntfy server (tk_…)'),
  NTFY_USER: variable(text().optional(), 'User name for the ntfy server, where there is no token'),
  NTFY_PASSWORD: secret('The password that belongs to NTFY_USER'),
  NTFY_RECONNECT_BACKOFF_MAX: variable(
    seconds(300).default(300),
    'The longest wait between two attempts to reconnect',
    {
      unit: 'seconds',
    },
  ),
  NTFY_ALLOW_HTTP: variable(
    flag().default(false),
    'Let messages and credentials cross a network unencrypted, to an ntfy server at http://',
  ),
  MILTON_ALLOW_UNSIGNED: variable(
    flag().default(false),
    'Accept requests from a public server from anyone who knows the topic: they can run code on this machine',
  ),

  PERPLEXITY_API_KEY: secret('Key for research on the web; without it research is local'),
  PERPLEXITY_BASE_URL: variable(
    address('https://api.perplexity.ai').default('https://api.perplexity.ai'),
    'The server of the Perplexity API',
  ),
  PERPLEXITY_MODEL: variable(
    text().optional(),
    'A model or a preset of Perplexity; perplexity/sonar unless set. The presets fast, low, medium, high and xhigh think longer and cost more',
  ),
  PERPLEXITY_TIMEOUT: variable(seconds(60).default(60), 'The longest wait for one answer', { unit: 'seconds' }),
  PERPLEXITY_MAX_RETRIES: variable(integer(0, 20, 3).default(3), 'How often a failed research request is repeated'),
  RESEARCH_API_KEY: secret('Key for the server that responses() asks, where it needs one'),
  RESEARCH_BASE_URL: variable(
    address('https://api.openai.com/v1').optional(),
    'The server that responses() asks, up to /v1: any that speaks the OpenAI Responses API',
  ),
  RESEARCH_MODEL: variable(text().optional(), 'The model that responses() uses'),

  CLAUDE_BIN: variable(text().default('claude'), 'The command that starts Claude Code', { kind: 'command' }),
  CLAUDE_TIMEOUT: variable(seconds(3600).default(0), 'The longest run of Claude Code; 0 = no limit', {
    unit: 'seconds',
  }),
  CODEX_BIN: variable(text().default('codex'), 'The command that starts Codex', { kind: 'command' }),
  CODEX_MODEL: variable(text().optional(), 'The model that Codex uses, where it should not decide'),
  CODEX_EXTRA_ARGS: variable(words().default([]), 'Further arguments for Codex, separated by spaces'),
  CODEX_TIMEOUT: variable(seconds(3600).default(0), 'The longest run of Codex; 0 = no limit', { unit: 'seconds' }),
  REQUEST_TIMEOUT: variable(
    seconds(3600).optional(),
    'Older name: the limit of each agent whose own timeout is not set',
    { unit: 'seconds' },
  ),
  ENABLE_CODEX_FALLBACK: variable(flag().default(true), 'Let Codex do the work where Claude Code cannot'),
  CLAUDE_FALLBACK_ON_LIMIT: variable(
    flag().default(true),
    'Let it do so also where Claude Code has reached its usage limit',
  ),
  DRY_RUN: variable(flag().default(false), 'Do everything but run the agent'),

  MAX_OUTPUT_SIZE: variable(
    integer(100, 1_000_000, 12_000).default(12_000),
    'How much of a result a notice may quote',
    {
      unit: 'characters',
    },
  ),
  STATE_DIR: variable(text().default('~/.local/state/milton'), 'Where requests are kept', { kind: 'path' }),
  OUTPUT_DIR: variable(text().default('output'), 'Where full outputs are kept; a folder in STATE_DIR unless set', {
    kind: 'path',
    under: 'STATE_DIR',
  }),
  LOG_DIR: variable(text().default('logs'), 'Where daily logs are kept; a folder in STATE_DIR unless set', {
    kind: 'path',
    under: 'STATE_DIR',
  }),
  LOG_LEVEL: variable(
    choice(['info', 'debug', 'warn', 'error'], { warning: 'warn', critical: 'error' }).default('info'),
    'How much is logged: debug, info, warn or error',
  ),
});

/** The parsed value of every variable. */
export type Env = z.output<typeof variables>;
export type VariableName = keyof Env;
