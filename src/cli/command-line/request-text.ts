import { text as readAll } from 'node:stream/consumers';
import { usageError } from './exit-codes.ts';

/** The request that a command was given: its word, or with `-` what stands on standard input. */
export async function requestText(command: string, word: string | undefined): Promise<string> {
  const text = (word === '-' ? await readAll(process.stdin) : (word ?? '')).trim();
  if (text === '') throw usageError('There is no request.', `Write: milton ${command} "CODE: add a login page"`);
  return text;
}
