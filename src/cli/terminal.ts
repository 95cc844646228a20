import { styleText } from 'node:util';
import { sanitise } from '../pipeline/services/sanitise.ts';

type Style = Parameters<typeof styleText>[0];

/** Where a command writes: data to standard output, everything else to standard error. */
export interface Terminal {
  readonly verbose: boolean;
  /** One line of data. Foreign text in it must have gone through `safe`. */
  print(line: string): void;
  /** Data as JSON, with what could harm a terminal escaped. */
  printJson(value: object): void;
  /** One line to the person. Foreign text in it must have gone through `safe`. */
  talk(line: string): void;
  /** Colours what is printed, where standard output takes colours. */
  style(style: Style, text: string): string;
}

const HARMFUL =
  /[\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e0fff}]/gu;
const escaped = (text: string) =>
  Array.from({ length: text.length }, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join('');

/** Opens standard output and standard error for a command. */
export function openTerminal({ verbose }: { verbose: boolean }): Terminal {
  return {
    verbose,
    print: (line) => void process.stdout.write(`${line}\n`),
    printJson: (value) => void process.stdout.write(`${JSON.stringify(value, null, 2).replace(HARMFUL, escaped)}\n`),
    talk: (line) => void process.stderr.write(`${line}\n`),
    style: (style, text) => styleText(style, text, { stream: process.stdout }),
  };
}

/** A foreign text, fit to be shown on one line, or on as many as it has. */
export function safe(text: string, { lines = false }: { lines?: boolean } = {}): string {
  const clean = sanitise(text);
  return lines ? clean : clean.replace(/\s+/g, ' ').trim();
}

/** The first characters of a text, on one line. */
export function short(text: string, length: number): string {
  const line = safe(text);
  return line.length > length ? `${line.slice(0, length - 1)}…`.toWellFormed() : line;
}

/** Columns of equal width; the last one is as wide as it needs. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>((max, row) => row.map((cell, i) => Math.max(max[i] ?? 0, cell.length)), []);
  return rows.map((row) =>
    row
      .map((cell, i) => (i < row.length - 1 ? cell.padEnd(widths[i] ?? 0) : cell))
      .join('  ')
      .trimEnd(),
  );
}
