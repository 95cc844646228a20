import { distance } from '../../pipeline/nearest.ts';

/** The candidate a word was probably meant to be: one slip in a short word, two in a long one. Both in lower case. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length < 3 || word.length > 12) return undefined;
  const ranked = candidates
    .map((candidate) => ({ candidate, slips: distance(word, candidate) }))
    .filter(({ candidate, slips }) => slips <= (candidate.length > 5 ? 2 : 1))
    .sort((a, b) => a.slips - b.slips);
  return ranked[0]?.candidate;
}
