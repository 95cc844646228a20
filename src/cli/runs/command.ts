import type { Command } from '../command-line/command.ts';
import { JSON_FLAG } from '../command-line/common-options.ts';

export const runs: Command = {
  usage: ['runs list [--state STATE] [--limit N] [--json]', 'runs show ID [--json]', 'runs prune [--older-than 90d]'],
  summary: 'what was asked and what became of it',
  options: {
    state: {
      type: 'string',
      value: 'STATE',
      help: 'only: queued, active, done, failed, cancelled, expired, interrupted',
    },
    limit: { type: 'string', value: 'N', help: 'at most this many (20)' },
    'older-than': { type: 'string', value: 'AGE', help: 'prune: what finished longer ago (90d; also 12h, 2w)' },
    json: JSON_FLAG,
  },
  words: 2,
  examples: [
    ['milton runs list', 'the newest requests'],
    ['milton runs show last', 'everything known of the newest one'],
    ['milton runs prune --older-than 30d', 'delete old requests with their outputs and logs'],
  ],
  load: async () => (await import('./runs.ts')).runs,
};
