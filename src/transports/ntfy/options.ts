import { z } from 'zod';
import { fromEnv } from '../../pipeline/options.ts';

/** What `ntfy({ … })` takes; the upper ones default to environment variables. */
export const ntfyOptions = z.strictObject({
  baseUrl: fromEnv('NTFY_BASE_URL', z.string()),
  /** Where the phone writes to. */
  askTopic: fromEnv('ASK_TOPIC', z.string()),
  /** Where Milton answers. */
  answerTopic: fromEnv('ANSWER_TOPIC', z.string()),
  /** Two more inboxes, whose messages are for one agent; empty = none. */
  claudeTopic: fromEnv('CLAUDE_TOPIC', z.string()),
  codexTopic: fromEnv('CODEX_TOPIC', z.string()),
  token: fromEnv('NTFY_TOKEN', z.string().optional()),
  user: fromEnv('NTFY_USER', z.string().optional()),
  password: fromEnv('NTFY_PASSWORD', z.string().optional()),
  /** The longest pause between two attempts to connect, in seconds. */
  backoffMax: fromEnv('NTFY_RECONNECT_BACKOFF_MAX', z.number().positive()),
  /** How long a server may be silent before the connection counts as dead, in ms. Its keepalives come every 45 s; Node gives up at 300 s. */
  idleTimeout: z.number().positive().max(290_000).default(120_000),
  /** How far behind the last settled message a new connection begins, in seconds of the server's clock. */
  overlap: z.number().nonnegative().default(120),
  /** How long after a connect the server's cache is read again for what the connect itself lost, in ms. */
  reconcileDelay: z.number().positive().default(2_000),
  /** How often it is read again while connected, in ms. */
  reconcileInterval: z.number().positive().default(300_000),
});

type Credentials = 'token' | 'user' | 'password';
export type NtfyOptions = Omit<z.output<typeof ntfyOptions>, Credentials> & {
  readonly [name in Credentials]?: string | undefined;
};

/** The topics that are listened to. */
export function inboxTopics({ askTopic, claudeTopic, codexTopic }: NtfyOptions): readonly string[] {
  return [askTopic, claudeTopic, codexTopic].filter((topic) => topic !== '');
}
