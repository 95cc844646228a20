import { styleText } from 'node:util';
import { cleaner } from '../../pipeline/services/clean.ts';
import { createRedactor, type Redact } from '../../pipeline/services/redact.ts';
import { sanitise } from '../../pipeline/services/sanitise.ts';

type Style = Parameters<typeof styleText>[0];

/** Where a command writes: data to standard output, everything else to standard error. */
export interface Terminal {
  readonly verbose: boolean;
  /** One line of data. Foreign text in it must have gone through `safe`. */
  print(line: string): void;
  /** Data as JSON, without secrets, and with what could harm a terminal escaped. */
  printJson(value: object): void;
  /** One line to the person. Foreign text in it must have gone through `safe`. */
  talk(line: string): void;
  /** Colours what is printed, where standard output takes colours. */
  style(style: Style, text: string): string;
}

/** What JSON leaves as it is, though a terminal may obey it, and nobody sees it. */
const HARMFUL = /[\x7f-\x9f\u2028\u2029\ufff9-\ufffb]|\p{Default_Ignorable_Code_Point}/gu;
const escaped = (text: string) =>
  Array.from({ length: text.length }, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join('');

/** Opens standard output and standard error for a command. */
export function openTerminal({ verbose }: { verbose: boolean }): Terminal {
  return {
    verbose,
    print: (line) => void process.stdout.write(`${line}\n`),
    printJson: (value) => void process.stdout.write(`${json(value, 2)}\n`),
    talk: (line) => void process.stderr.write(`${line}\n`),
    style: (style, text) => styleText(style, text, { stream: process.stdout }),
  };
}

let clean = cleaner(createRedactor([]));

/** What is hidden from now on wherever a command shows a foreign text; what looks like a credential always is. */
export function hideWith(redact: Redact): void {
  clean = cleaner(redact);
}

/** Letter by letter where there is nothing to hide. */
const json = (value: object, indent?: number) =>
  JSON.stringify(value, (_, each) => (typeof each === 'string' ? withoutSecrets(each) : each), indent).replace(
    HARMFUL,
    escaped,
  );

/** A value as one line of JSON, for output that goes on (NDJSON), cleaned as `printJson` does. */
export const jsonLine = (value: object): string => json(value);

function withoutSecrets(text: string): string {
  const shown = clean(text);
  return shown === sanitise(text) ? text : shown;
}

/** A foreign text, fit to be shown on one line, or on as many as it has. */
export function safe(text: string, { lines = false }: { lines?: boolean } = {}): string {
  const shown = clean(text);
  return lines ? shown : shown.replace(/\s+/g, ' ').trim();
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
