import type { Command } from '../command-line/command.ts';

export const deny: Command = {
  usage: ['deny ID'],
  summary: 'say no to what a request asks',
  options: {},
  words: 1,
  examples: [['milton deny k4m2xa', 'the request of this id is not run']],
  load: async () => (await import('./approve.ts')).deny,
};
