import type { Run } from '../command-line/command.ts';
import { usageError } from '../command-line/exit-codes.ts';
import { SCRIPTS } from './scripts.ts';
import { suggest } from './suggest.ts';

/** `milton completion SHELL` prints a script; `milton completion suggest -- WORDS` is what that script asks: the last word is completed. */
export const completion: Run = async ({ words: [what = '', ...words], terminal }) => {
  if (what === 'suggest') {
    for (const { word, about = '' } of await suggest(words)) terminal.print(about === '' ? word : `${word}\t${about}`);
    return 0;
  }
  const script = Object.hasOwn(SCRIPTS, what) ? SCRIPTS[what] : undefined;
  if (script === undefined || words.length > 0)
    throw usageError(what === '' ? 'For which shell?' : `There is no script for "${what}".`, 'Say bash, zsh or fish.');
  terminal.print(script);
  return 0;
};
