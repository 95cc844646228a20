/** What a request speaks of that may reach beyond its own branch, or take something away. */
export const RISKY_WORDS: readonly string[] = [
  ...['push', 'deploy', 'publish', 'delete', 'rm', 'drop', 'wipe'],
  ...['prod', 'production', 'secret', 'credential', 'password'],
];

/** Makes what finds these words in a text, also as "deleted" or "dropping". */
export function wordFinder(words: readonly string[]): (text: string) => readonly string[] {
  const patterns = words.map(
    (word) => [word, new RegExp(`(?<![\\p{L}\\p{N}_])${formsOf(word)}(?![\\p{L}\\p{N}_])`, 'iu')] as const,
  );
  return (text) => patterns.filter(([, pattern]) => pattern.test(text)).map(([word]) => word);
}

function formsOf(word: string): string {
  const escaped = word.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  if (!/^\p{L}+$/u.test(word)) return escaped;
  const last = word.at(-1)!;
  return word.endsWith('e')
    ? `${word.slice(0, -1)}(?:e|es|ed|er|ing)`
    : `${word}(?:s|es|${last}?ed|${last}?ing|ment|ments)?`;
}
