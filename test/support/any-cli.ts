import { join } from 'node:path';
import type { z } from 'zod';
import type { commandOptions } from '../../src/plugins/execute/agents/command-options.ts';

type Options = Omit<z.input<typeof commandOptions>, 'bin'>;

/** The program that stands for any, and how it is to be understood in each of its manners. */
export const anyCli = join(import.meta.dirname, 'fake-agents/any-cli.mjs');

export const MODES = {
  text: { parser: 'text', readArgs: ['--read'] },
  json: {
    parser: 'json',
    readArgs: ['--read'],
    paths: { text: 'answer', session: 'session', error: 'error.message', tokens: ['stats.tokens.0', 'stats.tokens.1'] },
  },
  jsonl: {
    parser: 'jsonl',
    readArgs: ['--read'],
    paths: {
      text: 'part.text',
      session: 'sessionID',
      error: 'error.message',
      progress: 'part.tool',
      tokens: ['part.tokens.input', 'part.tokens.output'],
      costUsd: 'part.cost',
    },
    when: { text: 'type=text', error: 'type=error' },
    sum: ['tokens', 'costUsd'],
    end: 'type=finish',
  },
} as const satisfies Record<string, Options>;
