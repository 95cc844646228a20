/** The match of a sticky pattern exactly at a place, or undefined. */
export function matchAt(pattern: RegExp, text: string, place: number): RegExpExecArray | undefined {
  pattern.lastIndex = place;
  return pattern.exec(text) ?? undefined;
}

/** A text without such signs at its end. It goes from the end, since a pattern like `\s+$` tries every place and takes quadratic time. */
export function withoutEnd(text: string, sign: RegExp): string {
  let end = text.length;
  while (end > 0 && sign.test(text[end - 1]!)) end--;
  return text.slice(0, end);
}

/** A word, after the signs before it and up to the last letter or digit. */
const WORD = /^[^\p{L}\p{N}@]*(.*[\p{L}\p{N}])?/su;

/** The words of a text in lower case, without the signs around them. */
export function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .split(/\s+/)
    .map((word) => WORD.exec(word)![1] ?? '')
    .filter((word) => word !== '');
}

/** Written in capitals on purpose: "CANCEL the login", not "CANCEL THE LOGIN" and not "Cancel the login". */
export function shouted(word: string, rest: string): boolean {
  return word !== word.toLowerCase() && word === word.toUpperCase() && rest !== rest.toUpperCase();
}
