import { cut } from '../../../pipeline/cut.ts';
import { cutMiddle } from './truncate.ts';

/**
 * The text in pieces of at most `limit` bytes of UTF-8 each, cut between paragraphs where that leaves a piece at least half full, else
 * between lines, words, or characters as a reader sees them. Nothing but white space at the cuts is lost; of what is more than `most`
 * pieces the last one has the end, and says how much is missing before it.
 */
export function splitText(text: string, limit: number, most: number): readonly string[] {
  const pieces: string[] = [];
  let rest = text.trim();
  while (Buffer.byteLength(rest) > limit && pieces.length < most - 1) {
    const piece = firstPiece(rest, limit);
    pieces.push(piece.trimEnd());
    rest = rest.slice(piece.length).trimStart();
  }
  return [...pieces, cutMiddle(rest, limit, pieces.length === 0 ? 0.6 : 0)];
}

function firstPiece(text: string, limit: number): string {
  const most = cut(text, limit);
  // A boundary directly behind what fits counts as well.
  const seen = text.slice(0, most.length + 2);
  for (const boundary of ['\n\n', '\n', ' ']) {
    const at = seen.lastIndexOf(boundary);
    if (at >= most.length / 2 && at <= most.length) return text.slice(0, at);
  }
  return most;
}
