import { MiltonError } from '../../../pipeline/errors.ts';

/**
 * A word of a line that systemd splits into words: in quotes, with control characters, quotes and backslashes escaped, and without
 * specifiers. Variables are no matter here: the line of a command begins with `:`, which leaves them alone.
 */
export function quoted(text: string): string {
  const escaped = text.replace(/["\\]/g, '\\$&').replace(/[\x00-\x1f\x7f]/g, hex);
  return `"${escaped.replaceAll('%', '%%')}"`;
}

const hex = (char: string) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;

/** A path that stands alone after `=`, where systemd knows neither quotes nor escapes. */
export function bare(path: string): string {
  if (/[\x00-\x1f\x7f]|\\$|\s$/.test(path)) throw unusable(path);
  return path.replaceAll('%', '%%');
}

/** A program as the first word of a command: systemd starts none whose path has one of these. */
export function program(path: string): string {
  if (/["'\\\x00-\x1f\x7f]/.test(path)) throw unusable(path);
  return quoted(path);
}

const unusable = (path: string) =>
  new MiltonError('UNIT', `systemd cannot use this path: ${JSON.stringify(path)}.`, {
    hint: 'Move it to a folder without quotes, backslashes and control characters in its name.',
  });
