import type { Milton } from '../../pipeline/setup/assemble.ts';
import type { Invocation } from '../command-line/command.ts';
import type { Questions } from './questions.ts';

/** What every question of the set-up has at hand. */
export interface Survey {
  readonly ask: Questions;
  readonly flags: Invocation['flags'];
  readonly milton: Milton;
}

/** What an option of the command line says. */
export function flagOf({ flags }: Pick<Survey, 'flags'>, name: string): string | undefined {
  const value = flags[name];
  return typeof value === 'string' ? value.trim() : undefined;
}
