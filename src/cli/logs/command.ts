import { LEVELS, type LogLevel } from '../../pipeline/services/log-line.ts';
import type { Command } from '../command-line/command.ts';
import { JSON_FLAG } from '../command-line/common-options.ts';

/** What `--level` may name. */
export const LOG_LEVELS = Object.keys(LEVELS) as readonly LogLevel[];

export const logs: Command = {
  usage: ['logs [-f] [--level LEVEL] [--lines N] [--json]'],
  summary: 'what Milton itself has logged, the end of it',
  options: {
    follow: { type: 'boolean', short: 'f', help: 'go on with what is logged from now on, until Ctrl-C' },
    level: {
      type: 'string',
      value: 'LEVEL',
      choices: LOG_LEVELS,
      help: `nothing below this: ${LOG_LEVELS.join(', ')}`,
    },
    lines: { type: 'string', short: 'n', value: 'N', help: 'so many of the last lines (50)' },
    json: JSON_FLAG,
  },
  words: 0,
  examples: [
    ['milton logs -f', 'watch it'],
    ['milton logs --level warn', 'only what was wrong'],
  ],
  load: async () => (await import('./logs.ts')).logs,
};
