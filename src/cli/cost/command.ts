import type { Command } from '../command-line/command.ts';
import { JSON_FLAG } from '../command-line/common-options.ts';

export const cost: Command = {
  usage: ['cost [--days N] [--json]'],
  summary: 'what requests have cost, by day, repository and agent',
  options: {
    days: { type: 'string', value: 'N', help: 'so many days, today among them (7)' },
    json: JSON_FLAG,
  },
  words: 0,
  examples: [
    ['milton cost', 'the last seven days'],
    ['milton cost --days 30', 'the last thirty'],
  ],
  load: async () => (await import('./cost.ts')).cost,
};
