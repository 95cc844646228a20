import type { JobState } from '../../pipeline/store/job-store.ts';
import type { Command } from '../command-line/command.ts';
import { JSON_FLAG } from '../command-line/common-options.ts';

/** What `--state` may name. */
export const STATES: readonly JobState[] = [
  ...(['held', 'queued', 'active'] as const),
  ...(['done', 'failed', 'cancelled', 'expired', 'interrupted'] as const),
];

export const runs: Command = {
  usage: [
    'runs list [--state STATE] [--limit N] [--json]',
    'runs show ID [--json]',
    'runs logs ID [-f] [--json]',
    'runs diff ID [--stat] [--json]',
    'runs retry ID [--json]',
    'runs cancel ID [--json]',
    'runs prune [--older-than 90d] [--json]',
  ],
  summary: 'what was asked and what became of it',
  options: {
    state: { type: 'string', value: 'STATE', choices: STATES, help: `list: only ${STATES.join(', ')}` },
    limit: { type: 'string', value: 'N', help: 'list: at most this many (20)' },
    follow: {
      type: 'boolean',
      short: 'f',
      help: 'logs: go on until the request is over; exit code 0 where it is done',
    },
    stat: { type: 'boolean', help: 'diff: only the names of the files, and how many lines' },
    'older-than': { type: 'string', value: 'AGE', help: 'prune: what finished longer ago (90d; also 12h, 2w)' },
    json: JSON_FLAG,
  },
  words: 2,
  examples: [
    ['milton runs list', 'the newest requests'],
    ['milton runs show last', 'everything known of the newest one'],
    ['milton runs logs -f last', 'what it does now, until it is over'],
    ['milton runs diff last', 'what it has changed'],
    ['milton runs prune --older-than 30d', 'delete old requests with their outputs and logs'],
  ],
  load: async () => (await import('./runs.ts')).runs,
};
