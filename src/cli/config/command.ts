import type { Command } from '../command-line/command.ts';
import { JSON_FLAG } from '../command-line/common-options.ts';

export const config: Command = {
  usage: ['config [--json]'],
  summary: 'every effective setting and where it comes from; secrets masked',
  options: { json: JSON_FLAG },
  words: 0,
  examples: [['milton config', 'the settings that `milton start` would use']],
  load: async () => (await import('./config.ts')).config,
};
