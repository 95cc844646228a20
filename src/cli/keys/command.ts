import type { Command } from '../command-line/command.ts';
import { JSON_FLAG } from '../command-line/common-options.ts';

export const keys: Command = {
  usage: ['keys new', 'keys show [--secret] [--json]', 'keys qr', 'keys test', 'keys rotate', 'keys totp [--new]'],
  summary: 'what your phone signs its messages with',
  options: {
    secret: { type: 'boolean', help: 'show: print the newest key itself' },
    new: { type: 'boolean', help: 'totp: make another secret; the one before no longer counts' },
    json: JSON_FLAG,
  },
  words: 1,
  examples: [
    ['milton keys new', 'make the first key'],
    ['milton keys qr', 'what the phone needs, to be scanned'],
    ['milton keys test', 'wait for a message, and say whether it is signed right'],
    ['milton keys rotate', 'make a new key; the last one counts until the next rotation'],
  ],
  load: async () => (await import('./keys.ts')).keys,
};
