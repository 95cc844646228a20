import { beginning } from '../../../pipeline/excerpt.ts';
import { TOLD } from '../heard.ts';
import type { CliEnd } from '../process/run-cli.ts';

/** What notices call an agent: with its name where that is not the usual one, since there may be two of a kind. */
export const labelOf = (label: string, name: string, usual: string) => (name === usual ? label : `${label} (${name})`);

/** How a program ended: `exit code 1`, `SIGKILL`. */
export const exitOf = ({ exitCode, signal }: CliEnd) =>
  exitCode === undefined ? (signal ?? 'no exit code') : `exit code ${exitCode}`;

/** Characters of why it failed. */
export const REASON = 300;

/** What a program does, on one line, as far as it may be told once it is cleaned. */
export const doing = (words: string) =>
  beginning(words, TOLD)
    .replace(/[ \t\r\n]+/g, ' ')
    .trim();

export const sentence = (line: string) => (/[.!?…]$/.test(line) ? line : `${line}.`);

/** A line of JSON; undefined where it is none. */
export function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** The most entries that are kept of a list that a program makes longer. */
export const LIST_LIMIT = 1_000;

/** A list with one more entry, where there is room for it. */
export const withOne = (list: readonly string[], entry: string) => (list.length < LIST_LIMIT ? [...list, entry] : list);

/** Any value in words, as it came; empty where it has none (nested deeper than can be written). */
export function valueInWords(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    return '';
  }
}
