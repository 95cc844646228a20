import type { ProcessResult } from '../../pipeline/services.ts';
import { formatDuration } from './duration.ts';

/** How a command of a repository ended, as the end of a sentence: `failed with exit code 1`. */
export function exitOfCommand({ exitCode, failure }: ProcessResult, timeout: number): string {
  if (failure === 'missing') return 'cannot be started: there is no such command';
  if (failure === 'folder') return 'cannot be started: its folder is gone';
  if (failure === 'timeout') return `took longer than ${formatDuration(timeout)}`;
  if (exitCode === undefined) return 'was ended by a signal';
  return `failed with exit code ${exitCode}`;
}

/** The last line that says something. */
export const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.trim().slice(0, 300) ?? '';
