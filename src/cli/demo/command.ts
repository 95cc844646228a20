import type { Command } from '../command-line/command.ts';

export const demo: Command = {
  usage: ['demo [--agent claude]'],
  summary: 'the whole way of a request, in a scratch repository, without any account',
  options: {
    agent: {
      type: 'string',
      value: 'NAME',
      choices: ['rehearsal', 'claude'],
      help: 'rehearsal (a stand-in, the default) or claude',
    },
  },
  words: 0,
  examples: [
    ['milton demo', 'rehearsed by a stand-in for the agent'],
    ['milton demo --agent claude', 'with the real Claude Code and your login'],
  ],
  load: async () => (await import('./demo.ts')).demo,
};
