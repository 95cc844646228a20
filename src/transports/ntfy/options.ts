import { z } from 'zod';
import { fromEnv } from '../../pipeline/options.ts';

/** In seconds. */
const DAY = 86_400;
/** What a timer of Node waits at the most, in ms; it takes a longer time for none at all. */
const LONGEST_TIMER = 2 ** 31 - 1;
const milliseconds = () =>
  z
    .number()
    .max(LONGEST_TIMER, { error: `expected at most ${LONGEST_TIMER} ms (24 days), the longest a timer can wait` });

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
  backoffMax: fromEnv(
    'NTFY_RECONNECT_BACKOFF_MAX',
    z
      .number()
      .positive()
      .max(DAY, { error: `expected at most ${DAY} seconds (a day)` }),
  ),
  /** Lets messages and credentials cross a network unencrypted (a server at http://, and not on this machine). */
  allowHttp: fromEnv('NTFY_ALLOW_HTTP', z.boolean()),

  /** What the Shortcut of the phone is called that signs what a button sends. */
  shortcut: z.string().min(1).default('Milton'),

  /** How long a server may be silent before the connection counts as dead, in ms, until its own rhythm of keepalives is known. */
  idleTimeout: milliseconds().positive().default(120_000),
  /**
   * How far behind the mark up to which everything is settled a new connection begins, in seconds of the server's clock: a message
   * that takes long to upload is dated at its beginning.
   */
  overlap: z.number().nonnegative().default(900),
  /** How long after a connect the server's cache is read again for what the connect itself lost, in ms. */
  reconcileDelay: milliseconds().positive().default(2_000),
  /** How often it is read again, in ms, also while no connection can be had. */
  reconcileInterval: milliseconds().positive().default(300_000),
  /** How long the server keeps messages, in seconds: what was sent in a longer absence may be lost. */
  cacheDuration: z.number().positive().default(43_200),
  /** How often Milton sends itself a message to find out whether it still hears, in ms; 0 = never. Unset: as the daily budget allows. */
  canaryInterval: milliseconds().nonnegative().optional(),
  /** How long it waits to hear it, in ms. */
  canaryTimeout: milliseconds().positive().default(30_000),
  /** The largest text that is read from a file, in bytes. */
  longestText: z.int().positive().default(262_144),

  /** How many messages may be sent a day (UTC), what the server of the address allows: 250 at ntfy.sh. Progress is left out first. */
  dailyMessages: z.int().positive().default(250),
  /** How many requests may be made at once, and how often one more, in ms. The server's own limits are 60 and 5,000. */
  burst: z.int().positive().default(50),
  refill: milliseconds().positive().default(5_500),
  /** The shortest time between two progress notices of one run, in ms, and the most of them. */
  progressInterval: milliseconds().nonnegative().default(60_000),
  progressLimit: z.int().nonnegative().default(6),
  /**
   * What notices tell: `full` = everything, `summary` = no diffs, no files, no paths of this machine. Unset: `summary` where the
   * server lets strangers read the answer topic.
   */
  privacy: z.enum(['full', 'summary']).optional(),
  /** Whether a long answer goes along as a file, which anybody who learns its address can read. Unset: where notices tell everything. */
  attachments: z.boolean().optional(),
  /** The most notices a long answer is split into where no file goes along. */
  parts: z.int().min(1).max(20).default(4),
});

type Credentials = 'token' | 'user' | 'password';
export type NtfyOptions = Omit<z.output<typeof ntfyOptions>, Credentials> & {
  readonly [name in Credentials]?: string | undefined;
};

/** What names the topics that are listened to. */
export type InboxTopics = Pick<NtfyOptions, 'askTopic' | 'claudeTopic' | 'codexTopic'>;

/** The topics that are listened to. */
export function inboxTopics({ askTopic, claudeTopic, codexTopic }: InboxTopics): readonly string[] {
  return [askTopic, claudeTopic, codexTopic].filter((topic) => topic !== '');
}
