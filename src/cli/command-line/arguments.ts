import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { COMMANDS } from '../commands.ts';
import type { Command, Invocation, OptionSpec } from './command.ts';
import { COMMON } from './common-options.ts';
import { usageError } from './exit-codes.ts';

/** Splits a command line at the command's name; options that every command knows may stand before it. */
export function splitCommand(argv: readonly string[]): { name: string | undefined; rest: string[] } {
  const { tokens } = parseArgs({ args: [...argv], options: optionsOf(COMMON), strict: false, tokens: true });
  const first = tokens.find(({ kind }) => kind === 'positional' || kind === 'option-terminator');
  if (first?.kind !== 'positional') return { name: undefined, rest: [...argv] };
  return { name: first.value, rest: argv.toSpliced(first.index, 1) };
}

/** Reads the arguments of a command. */
export async function readArguments(
  name: string,
  command: Command,
  args: readonly string[],
): Promise<Pick<Invocation, 'flags' | 'words'>> {
  const known = { ...COMMON, ...command.options };
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: optionsOf(known), allowPositionals: true });
    if (positionals.length <= command.words) return { flags: values as Invocation['flags'], words: positionals };
  } catch (error) {
    throw await explainArguments(error as NodeJS.ErrnoException, name, args, known);
  }
  const quote =
    name === 'send' || name === 'prompt' ? 'Put the request in quotation marks.' : `Run: milton ${name} --help`;
  throw usageError(`"milton ${name}" takes ${command.words || 'no'} argument${command.words === 1 ? '' : 's'}.`, quote);
}

async function explainArguments(
  error: NodeJS.ErrnoException,
  name: string,
  args: readonly string[],
  known: Readonly<Record<string, OptionSpec>>,
): Promise<Error> {
  const help = `Run: milton ${name} --help`;
  if (error.code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const option = /'(-[^']*)'/.exec(error.message)?.[1] ?? args[0] ?? '';
    const { nearest } = await import('../../pipeline/nearest.ts');
    const meant = nearest(option.replace(/^-+/, ''), Object.keys(known));
    return usageError(`"milton ${name}" has no option ${option}.`, meant ? `Did you mean --${meant}? ${help}` : help);
  }
  if (error.code?.startsWith('ERR_PARSE_ARGS'))
    return usageError(`${error.message.split('\n')[0]?.split('. ')[0]}.`, help);
  return error;
}

/** Says that there is no such command, and which one was probably meant. */
export async function unknownCommand(name: string): Promise<Error> {
  const { nearest } = await import('../../pipeline/nearest.ts');
  const known = Object.keys(COMMANDS);
  const meant = known.find((command) => name !== '' && command.startsWith(name)) ?? nearest(name, known);
  return usageError(`There is no command "${name}".`, meant ? `Did you mean "milton ${meant}"?` : 'Run: milton --help');
}

const optionsOf = (known: Readonly<Record<string, OptionSpec>>): ParseArgsOptionsConfig =>
  Object.fromEntries(
    Object.entries(known).map(([key, { type, short }]) => [key, { type, ...(short ? { short } : {}) }]),
  );
