import { z } from 'zod';

/** A variable's text turned into a value; what is expected and how to write it go into the problem when it does not fit. */
function parsed<Value>(expected: string, repair: string, parse: (text: string) => Value | undefined) {
  return z.string().transform((text, context): Value => {
    const value = parse(text.trim());
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: expected, params: { repair } });
    return z.NEVER;
  });
}

/** Free text on one line. */
export const text = () =>
  parsed('one line of text', 'Remove line breaks and control characters', (value) =>
    /[\x00-\x1f\x7f]/.test(value) ? undefined : value,
  );

const numeric = (value: string) => (/^[+-]?\d+(?:\.\d+)?$/.test(value) ? Number(value) : Number.NaN);

/** A whole number from `min` to `max`. */
export const integer = (min: number, max: number, example: number) =>
  parsed(`a whole number from ${min} to ${max}`, `Write a number such as ${example}`, (value) => {
    const number = numeric(value);
    return Number.isInteger(number) && number >= min && number <= max ? number : undefined;
  });

/** The longest time a Node timer can hold, in seconds (24 days). */
const LONGEST = 2_147_483;

/** Seconds, zero or more. */
export const seconds = (example: number) =>
  parsed(`a number of seconds from 0 to ${LONGEST}`, `Write plain seconds such as ${example}`, (value) => {
    const number = numeric(value);
    return number >= 0 && number <= LONGEST ? number : undefined;
  });

const flags: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  1: true,
  false: false,
  no: false,
  off: false,
  0: false,
};

/** Yes or no. */
export const flag = () =>
  parsed('yes or no', 'Write true or false', (value) =>
    Object.hasOwn(flags, value.toLowerCase()) ? flags[value.toLowerCase()] : undefined,
  );

/** One of these words, in any case; `aliases` are further spellings. */
export const choice = <const Word extends string>(
  words: readonly Word[],
  aliases: Readonly<Record<string, Word>> = {},
) =>
  parsed(`one of ${words.join(', ')}`, `Write ${words[0]}, for example`, (value): Word | undefined => {
    const word = value.toLowerCase();
    return words.find((known) => known === word) ?? (Object.hasOwn(aliases, word) ? aliases[word] : undefined);
  });

/** The address of a server, without a slash at its end. */
export const address = (example: string) =>
  parsed(
    'an http or https address without a name or password in it',
    `Write it like ${example}; credentials have variables of their own`,
    (value) => {
      const url = URL.parse(value);
      const usable =
        url !== null && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search && !url.hash;
      return usable ? url.href.replace(/\/+$/, '') : undefined;
    },
  );

/** The name of an ntfy topic. */
export const topic = () =>
  parsed('a topic name', 'Use 1 to 64 letters, digits, - and _', (value) =>
    /^[-\w]{1,64}$/.test(value) ? value : undefined,
  );

/** Command line arguments, separated by spaces; quotes keep one together. */
export const words = () =>
  parsed('a list of arguments', 'Close every quotation mark', (value) => {
    const found = [...value.matchAll(/(?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"'\\])+/g)].map(([word]) => word);
    const left = value.replace(/(?:"(?:[^"\\]|\\.)*"|'[^']*'|\\.|[^\s"'\\])+/g, '');
    return left.trim() === '' ? found.map(unquote) : undefined;
  });

const unquote = (word: string) =>
  word.replace(
    /"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)/g,
    (_, double?: string, single?: string, escaped?: string) =>
      double?.replace(/\\(["\\])/g, '$1') ?? single ?? escaped ?? '',
  );
