import type { Command } from '../command-line/command.ts';
import { JSON_FLAG } from '../command-line/common-options.ts';

export const status: Command = {
  usage: ['status [--json]'],
  summary: 'whether Milton runs, what it hears, what it works on, what it has spent',
  options: { json: JSON_FLAG },
  words: 0,
  examples: [['milton status', 'the state of this machine’s Milton']],
  load: async () => (await import('./status.ts')).status,
};
