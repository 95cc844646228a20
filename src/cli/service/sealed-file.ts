import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { MiltonError } from '../../pipeline/errors.ts';
import { safe, type Terminal } from '../command-line/terminal.ts';
import { version } from '../version.ts';

/** How a line is made a comment. */
export type Comment = readonly [open: string, close: string];

/** What a seal says of a file: which Milton wrote it, and whether nobody has changed it since. */
export interface Seal {
  readonly version: string;
  readonly intact: boolean;
}

const digest = (text: string) => createHash('sha256').update(text).digest('hex');

/** A text with a last line by which it is known again. */
export const sealed = (text: string, [open, close]: Comment) =>
  `${text}${open}milton ${version()} sha256:${digest(text)}${close}\n`;

/** The seal of a text; undefined where it has none, so that Milton did not write it. */
export function sealOf(text: string): Seal | undefined {
  const [line, by, sum] = /^.*\bmilton (\S+) sha256:([0-9a-f]{64}).*\n?$/m.exec(text) ?? [];
  return line === undefined ? undefined : { version: by!, intact: digest(text.replace(line, '')) === sum };
}

/** The text of a file; undefined where there is none. */
export function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new MiltonError('UNREADABLE', `${file} cannot be read: ${(error as Error).message}.`);
  }
}

/** Refuses to lose what somebody has changed by hand. */
export function refuseEdited(file: string, { force, instead }: { force: boolean; instead: string }): void {
  const text = readIfThere(file);
  if (text === undefined || force || sealOf(text)?.intact) return;
  const what = sealOf(text) ? 'was changed by hand' : 'was not written by Milton';
  throw new MiltonError('EDITED', `${file} ${what}.`, { hint: `${instead} To lose that file: --force` });
}

/** Writes a file as a whole and tells what changes; whether anything does. */
export function place(file: string, text: string, terminal: Pick<Terminal, 'talk'>): boolean {
  const before = readIfThere(file);
  if (before === text) {
    terminal.talk(`${safe(file)} is up to date.`);
    return false;
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, text, { mode: 0o644 });
  renameSync(`${file}.new`, file);
  terminal.talk(`${safe(file)} is ${before === undefined ? 'new' : 'changed'}.`);
  if (before !== undefined) for (const line of differences(before, text)) terminal.talk(`  ${safe(line)}`);
  return true;
}

function differences(before: string, after: string): string[] {
  const [old, now] = [before.split('\n'), after.split('\n')];
  return [
    ...old.filter((line) => !now.includes(line)).map((line) => `- ${line}`),
    ...now.filter((line) => !old.includes(line)).map((line) => `+ ${line}`),
  ];
}
