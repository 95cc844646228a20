/** How much more than is shown is kept of a long text until it is cleaned; no secret is longer. In characters. */
export const MARGIN = 16_384;

/** What a secret may be made of; all else ends one. */
const WORD = /[^\s"'`<>(){}[\],;\u0080-\uffff]/;

/** The beginning of a text that is cleaned, and cut to this length, later: no word is cut in two there. */
export function beginning(text: string, length: number): string {
  let end = length + MARGIN;
  if (text.length <= end) return text;
  if (WORD.test(text[end]!)) while (end > length && WORD.test(text[end - 1]!)) end--;
  return text.slice(0, end).toWellFormed();
}

/** The end of a text likewise. */
export const ending = (text: string, length: number): string =>
  text.length <= length + MARGIN ? text : mended(text.slice(-length - MARGIN));

/** What a secret may be known by stands so near before it. */
const CONTEXT = 1_024;

/** The end of a text whose beginning was cut off, from a line or a word on before which nothing that matters is missing. */
export function mended(end: string): string {
  const line = end.indexOf('\n', CONTEXT);
  if (line >= 0 && line < MARGIN) return end.slice(line + 1);
  let start = CONTEXT;
  while (start < MARGIN && WORD.test(end[start] ?? ' ')) start++;
  return end.slice(start).toWellFormed();
}
