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
  baseUrl: fromEnv('NTFY_BASE_URL', z.string()).describe('the server'),
  askTopic: fromEnv('ASK_TOPIC', z.string()).describe('where the phone writes to'),
  answerTopic: fromEnv('ANSWER_TOPIC', z.string()).describe('where Milton answers; none of the other three'),
  claudeTopic: fromEnv('CLAUDE_TOPIC', z.string()).describe(
    'another inbox, empty = none; set it by the variable, which `classify()` reads as well',
  ),
  codexTopic: fromEnv('CODEX_TOPIC', z.string()).describe('likewise'),
  token: fromEnv('NTFY_TOKEN', z.string().optional()).describe('access token'),
  user: fromEnv('NTFY_USER', z.string().optional()).describe('user name, with `password`'),
  password: fromEnv('NTFY_PASSWORD', z.string().optional()).describe('password, with `user`'),
  backoffMax: fromEnv(
    'NTFY_RECONNECT_BACKOFF_MAX',
    z
      .number()
      .positive()
      .max(DAY, { error: `expected at most ${DAY} seconds (a day)` }),
  ).describe('the longest pause between two attempts to connect, in seconds'),
  allowHttp: fromEnv('NTFY_ALLOW_HTTP', z.boolean()).describe(
    'let everything cross a network unencrypted, to a server at `http://` that is not on this machine',
  ),

  shortcut: z
    .string()
    .min(1)
    .default('Milton')
    .describe('what the [Shortcut](shortcut.md) on your phone is called: buttons that must be signed run it'),

  idleTimeout: milliseconds()
    .positive()
    .default(120_000)
    .describe(
      'how long the server may be silent before the connection counts as dead, in ms, until the rhythm of its keepalives is known',
    ),
  overlap: z
    .number()
    .nonnegative()
    .default(900)
    .describe(
      'how far behind the mark up to which everything is settled a new connection begins, in seconds: longer than an upload to the server takes, since a message is dated at its beginning',
    ),
  reconcileDelay: milliseconds()
    .positive()
    .default(2_000)
    .describe("how long after a connect the server's cache is read again, in ms"),
  reconcileInterval: milliseconds()
    .positive()
    .default(300_000)
    .describe('how often it is read again, in ms, also while no connection can be had'),
  cacheDuration: z
    .number()
    .positive()
    .default(43_200)
    .describe('how long the server keeps messages, in seconds; you are told of a longer absence'),
  canaryInterval: milliseconds()
    .nonnegative()
    .optional()
    .describe(
      'how often Milton sends itself a message to find out whether it still hears, in ms; 0 = never; unset: as the daily budget allows, at most every 15 minutes',
    ),
  canaryTimeout: milliseconds().positive().default(30_000).describe('how long it waits to hear that, in ms'),
  longestText: z
    .int()
    .positive()
    .default(262_144)
    .describe('the largest text that is read from a file, in bytes: ntfy makes a file of 4,096 bytes or more'),

  dailyMessages: z
    .int()
    .positive()
    .default(250)
    .describe(
      'how many messages may be sent a day (UTC); 250 is what ntfy.sh allows. Progress is left out first, results and questions never',
    ),
  burst: z.int().positive().default(50).describe('how many requests may be made at once; ntfy allows 60'),
  refill: milliseconds().positive().default(5_500).describe('after how long there may be one more, in ms; ntfy: 5,000'),
  progressInterval: milliseconds()
    .nonnegative()
    .default(60_000)
    .describe('the shortest time between two progress notices of a run, in ms'),
  progressLimit: z.int().nonnegative().default(6).describe('the most progress notices of a run'),
  privacy: z
    .enum(['full', 'summary'])
    .optional()
    .describe(
      'what notices tell: `full` = everything, `summary` = [less](#what-strangers-are-not-told); unset: `summary` where the server lets strangers read the answer topic',
    ),
  attachments: z
    .boolean()
    .optional()
    .describe(
      'whether a long answer goes along as a file, which anybody who learns its address can read; unset: where notices tell everything',
    ),
  parts: z
    .int()
    .min(1)
    .max(20)
    .default(4)
    .describe('into how many notices a long answer is split where no file goes along'),
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
