import { plainLine } from '../../plain-line.ts';

const PLAIN = /^[\x20-\x7e]*$/;

/** A text as a header value: as it is where that is safe, else as an RFC 2047 encoded word, which ntfy decodes. */
export function headerValue(text: string): string {
  const line = plainLine(text);
  if (PLAIN.test(line) && !line.includes('=?')) return line;
  return encodedWord(line);
}

/** A text of several lines as a header value; ntfy brings its line ends back. */
export const encodedWord = (text: string): string => `=?UTF-8?B?${Buffer.from(text).toString('base64')}?=`;

/** JSON as a header value: ASCII alone, and nothing in it that looks like an encoded word. */
export function headerJson(value: unknown): string {
  return JSON.stringify(value)
    .replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replaceAll('=?', '=\\u003f');
}
