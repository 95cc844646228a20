import type { Command, OptionSpec } from '../command-line/command.ts';
import { COMMON } from '../command-line/common-options.ts';
import { COMMANDS } from '../commands.ts';
import { readLine, type TypedLine } from './typed-line.ts';

/** One thing that the last word may become; `about` = what it means. */
export interface Suggestion {
  readonly word: string;
  readonly about?: string;
}

/** Stands for the files there are, which the shell knows. */
export const FILES = ':files';

/** What the last word of a command line may become; the words are what stands behind `milton`. */
export async function suggest(words: readonly string[]): Promise<readonly Suggestion[]> {
  const line = readLine(words);
  const { current, asksFor, prefix } = line;
  const known = asksFor ? valuesOf(asksFor) : await wordsFor(line);
  return known
    .filter(({ word }) => word === FILES || word.startsWith(current))
    .map(({ word, ...rest }) => ({ ...rest, word: word === FILES ? word : `${prefix}${word}` }));
}

function valuesOf({ choices = [], value }: OptionSpec): readonly Suggestion[] {
  return value === 'FILE' ? [{ word: FILES }] : choices.map((word) => ({ word }));
}

async function wordsFor({ command, name, positionals, current, config }: TypedLine): Promise<readonly Suggestion[]> {
  if (current.startsWith('-')) {
    const more = command ? command.options : { version: { type: 'boolean', help: 'print the version' } as const };
    return Object.entries({ ...more, ...COMMON }).map(([option, { help }]) => ({ word: `--${option}`, about: help }));
  }
  if (name === undefined) {
    const all = Object.entries(COMMANDS).map(([word, { summary }]) => ({ word, about: summary }));
    return [...all, { word: 'help', about: 'explain a command' }];
  }
  if (name === 'help') return positionals.length > 0 ? [] : Object.keys(COMMANDS).map((word) => ({ word }));
  const forms = command ? formsOf(command, positionals) : [];
  if (!forms.includes('ID')) return forms.map((word) => ({ word }));
  const { requestIds } = await import('./request-ids.ts');
  return requestIds([name, ...positionals].join(' '), config);
}

/** What may stand next by the forms of a command's usage: words, or `ID`. */
function formsOf({ usage }: Command, positionals: readonly string[]): readonly string[] {
  const next = usage.flatMap((form) => {
    const [, ...rest] = form.split(' ');
    const end = rest.findIndex((part) => !/^(?:[a-z|-]+|ID)$/.test(part) || part.startsWith('-'));
    const parts = (end < 0 ? rest : rest.slice(0, end)).map((part) => part.split('|'));
    const fits = positionals.every((word, at) => parts[at]?.some((part) => part === word || part === 'ID'));
    return fits ? (parts[positionals.length] ?? []) : [];
  });
  return [...new Set(next)];
}
