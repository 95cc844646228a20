import type { OptionSpec } from './command.ts';

/** Options that every command knows. */
export const COMMON: Readonly<Record<string, OptionSpec>> = {
  config: { type: 'string', value: 'FILE', help: 'use this configuration instead of ./milton.config.ts' },
  verbose: { type: 'boolean', short: 'v', help: 'say more, and show where errors come from' },
  'no-color': { type: 'boolean', help: 'no colours (also with NO_COLOR set)' },
  help: { type: 'boolean', short: 'h', help: 'explain the command' },
};

/** The option of every command that can tell machines what it tells people. */
export const JSON_FLAG: OptionSpec = { type: 'boolean', help: 'print JSON: { "v": 1, … }' };
