import type { Command } from '../command-line/command.ts';
import { JSON_FLAG } from '../command-line/common-options.ts';

export const doctor: Command = {
  usage: ['doctor [--fix] [--json]'],
  summary: 'what is wrong here, why, and what mends it',
  options: {
    fix: { type: 'boolean', help: 'mend what is safe to mend: modes, a missing key, a missing folder of the database' },
    json: JSON_FLAG,
  },
  words: 0,
  examples: [
    ['milton doctor', 'look at everything, from Node to the service, and change nothing'],
    ['milton doctor --fix', 'mend what is safe to mend, and look again'],
  ],
  load: async () => (await import('./doctor.ts')).doctor,
};
