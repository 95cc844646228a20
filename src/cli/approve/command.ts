import type { Command } from '../command-line/command.ts';

export const approve: Command = {
  usage: ['approve ID'],
  summary: 'say yes to what a request asks, also where the phone may not',
  options: {},
  words: 1,
  examples: [
    ['milton approve k4m2xa', 'the request of this id goes on'],
    ['milton approve last', 'the newest one that is open'],
  ],
  load: async () => (await import('./approve.ts')).approve,
};
