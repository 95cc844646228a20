import { styleText } from 'node:util';
import type { Json } from '../json.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** The levels, the most important one first. */
export const LEVELS: Readonly<Record<LogLevel, number>> = { error: 0, warn: 1, info: 2, debug: 3 };

/** One line of the log, already cleaned. */
export interface LogRecord {
  readonly time: string;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, Json>>;
}

/** For machines: one JSON object. The fields must not name what the line itself says. */
export function jsonLine({ time, level, message, fields }: LogRecord): string {
  const told = JSON.stringify(fields);
  const rest = told === '{}' ? '}' : `,${told.slice(1)}`;
  return `{"time":"${time}","level":"${level}","message":${JSON.stringify(message)}${rest}\n`;
}

const STYLES = { debug: 'dim', info: 'cyan', warn: 'yellow', error: 'red' } as const;

/** For people: time of day, level, message, then the fields; an error's stack, and every further line, indented: it must not look like another one. */
export function readableLine({ time, level, message, fields }: LogRecord, colour: boolean): string {
  const style = (format: Parameters<typeof styleText>[0], text: string) =>
    colour ? styleText(format, text, { validateStream: false }) : text;
  const { error, ...rest } = fields;
  const told = Object.entries(rest).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const clock = new Date(time).toTimeString().slice(0, 8);
  const head = `${style('dim', clock)} ${style(STYLES[level], level.padEnd(5))} ${message}`;
  const tail = told.length > 0 ? ` ${style('dim', told.join(' '))}` : '';
  return `${`${head}${tail}`.replaceAll('\n', '\n  ')}${errorLines(error)}\n`;
}

function errorLines(error: Json | undefined): string {
  if (error === undefined || error === null) return '';
  const { stack, message } =
    typeof error === 'object' ? (error as { stack?: Json; message?: Json }) : { message: error };
  return `\n  ${String(stack ?? message ?? JSON.stringify(error)).replaceAll('\n', '\n  ')}`;
}
