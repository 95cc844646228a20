import type { Command } from '../command-line/command.ts';

export const start: Command = {
  usage: ['start [--dry-run] [-v] [--config FILE]'],
  summary: 'listen for requests and work on them, until it is stopped',
  options: { 'dry-run': { type: 'boolean', help: 'do everything but run the agent' } },
  words: 0,
  examples: [
    ['milton start', 'listen and work; Ctrl-C ends it in order, a second one at once'],
    ['milton start --dry-run -v', 'try a configuration out'],
  ],
  load: async () => (await import('./start.ts')).start,
};
