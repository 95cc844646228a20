import type { Command, OptionSpec } from '../command-line/command.ts';
import { COMMON } from '../command-line/common-options.ts';
import { COMMANDS } from '../commands.ts';

/** What somebody has typed so far. */
export interface TypedLine {
  /** The command's name as typed, and the command, where there is one. */
  readonly name: string | undefined;
  readonly command: Command | undefined;
  /** The words behind it that are no options, without the last one. */
  readonly positionals: readonly string[];
  /** What is completed, and what of its word stands before that and stays: `--state=`. */
  readonly current: string;
  readonly prefix: string;
  /** The option whose value that is. */
  readonly asksFor: OptionSpec | undefined;
  /** The file that `--config` names. */
  readonly config: string | undefined;
}

/** Reads a command line that is not finished; the last word is the one to complete. */
export function readLine(words: readonly string[]): TypedLine {
  // bash takes "--state=failed" apart.
  const [before, last] = [words.slice(0, -1).filter((word) => word !== '='), words.at(-1) ?? ''];
  const names: string[] = [];
  let command: Command | undefined;
  let open: OptionSpec | undefined;
  let config: string | undefined;
  for (const word of before) {
    if (open) {
      if (open === COMMON.config) config = word;
      open = undefined;
      continue;
    }
    const [option = '', value] = word.split('=', 2);
    const spec = word.startsWith('-') ? find(option, command) : undefined;
    if (spec === undefined && !word.startsWith('-')) {
      names.push(word);
      if (names.length === 1) command = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined;
    }
    if (spec?.type === 'string' && value === undefined) open = spec;
    if (spec === COMMON.config && value !== undefined) config = value;
  }
  const [name, ...positionals] = names;
  const [, option, value] = /^(--[a-z-]+)=(.*)$/s.exec(last) ?? [];
  const asksFor = open ?? (option === undefined ? undefined : find(option, command));
  const prefix = open || option === undefined ? '' : `${option}=`;
  const current = prefix === '' ? (open && last === '=' ? '' : last) : (value ?? '');
  return { ...{ name, command, positionals, current, prefix, config }, asksFor };
}

function find(option: string, command: Command | undefined): OptionSpec | undefined {
  const known = { ...COMMON, ...command?.options };
  if (option.startsWith('--')) return Object.hasOwn(known, option.slice(2)) ? known[option.slice(2)] : undefined;
  return Object.values(known).find(({ short }) => short !== undefined && option === `-${short}`);
}
