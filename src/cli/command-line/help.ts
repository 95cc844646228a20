import { COMMANDS } from '../commands.ts';
import type { Command, OptionSpec } from './command.ts';
import { COMMON } from './common-options.ts';
import { EXIT_CODES } from './exit-codes.ts';
import { table } from './terminal.ts';

const indented = (rows: readonly (readonly string[])[]) => table(rows).map((line) => `  ${line}`);

/** What `milton --help` prints. */
export function help(): string {
  const commands = Object.entries(COMMANDS).map(([name, { summary }]) => [name, summary]);
  return [
    'Milton turns messages from your phone into finished, verified work in your repository.',
    '',
    'Usage: milton COMMAND [OPTIONS]',
    '',
    'Commands:',
    ...indented(commands),
    '',
    'Options of every command:',
    ...indented([...optionRows(COMMON), ['--version', 'print the version']]),
    '',
    'Examples:',
    ...indented([
      ['milton demo', 'see it work, without any account'],
      ['milton init', 'set it up'],
      ['milton doctor', 'is everything set up?'],
      ['milton start', 'listen for requests'],
      ['milton send "CODE: add a login page"', 'send one from here'],
      ['milton runs show last', 'see what became of it'],
    ]),
    '',
    'Exit codes:',
    ...indented(Object.entries(EXIT_CODES)),
    '',
    'Data goes to standard output, everything else to standard error.',
    'Run "milton COMMAND --help" for the options of one command.',
  ].join('\n');
}

/** What `milton COMMAND --help` prints. */
export function commandHelp(name: string, { usage, summary, options, examples }: Command): string {
  return [
    `milton ${name}: ${summary}.`,
    '',
    'Usage:',
    ...usage.map((form) => `  milton ${form}`),
    '',
    'Options:',
    ...indented(optionRows({ ...options, ...COMMON })),
    '',
    'Examples:',
    ...indented(examples),
  ].join('\n');
}

const optionRows = (options: Readonly<Record<string, OptionSpec>>) =>
  Object.entries(options).map(([name, { short, value, help }]) => {
    return [`${short ? `-${short}, ` : ''}--${name}${value ? ` ${value}` : ''}`, help];
  });
