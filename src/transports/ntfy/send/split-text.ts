import { cut, truncate } from './truncate.ts';

/**
 * The text in pieces of at most `limit` bytes of UTF-8 each, cut between paragraphs where that leaves a piece at least half full, else
 * between lines, words, or characters as a reader sees them. Nothing but white space at the cuts is lost; what is more than `most`
 * pieces is cut from the last one, which says so.
 */
export function splitText(text: string, limit: number, most: number): readonly string[] {
  const pieces: string[] = [];
  let rest = text.trim();
  while (Buffer.byteLength(rest) > limit && pieces.length < most - 1) {
    const piece = firstPiece(rest, limit);
    pieces.push(piece.trimEnd());
    rest = rest.slice(piece.length).trimStart();
  }
  return [...pieces, truncate(rest, limit)];
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
