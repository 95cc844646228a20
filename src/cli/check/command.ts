import type { Command } from '../command-line/command.ts';
import { JSON_FLAG } from '../command-line/common-options.ts';

export const check: Command = {
  usage: ['check [--json]'],
  summary: 'everything that `milton start` would refuse',
  options: { json: JSON_FLAG },
  words: 0,
  examples: [['milton check', 'exit code 3 and a numbered list where something is wrong']],
  load: async () => (await import('./check.ts')).check,
};
