/** The match of a sticky pattern exactly at a place, or undefined. */
export function matchAt(pattern: RegExp, text: string, place: number): RegExpExecArray | undefined {
  pattern.lastIndex = place;
  return pattern.exec(text) ?? undefined;
}

/** The words of a text in lower case, without the signs around them. */
export function wordsOf(text: string): string[] {
  return text
    .toLowerCase()
    .split(/\s+/)
    .map((word) => word.replace(/^[^\p{L}\p{N}@]+|[^\p{L}\p{N}]+$/gu, ''))
    .filter((word) => word !== '');
}

/** Written in capitals on purpose: "CANCEL the login", not "CANCEL THE LOGIN" and not "Cancel the login". */
export function shouted(word: string, rest: string): boolean {
  return word !== word.toLowerCase() && word === word.toUpperCase() && rest !== rest.toUpperCase();
}
