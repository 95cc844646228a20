import { cut, graphemes } from '../../../pipeline/cut.ts';

/** In characters; what is longer is no word, and may be cut anywhere. */
const LONG_WORD = 60;

/** The text within `limit` bytes of UTF-8: whole where it fits, else cut between two characters, with a last line that says so. */
export function truncate(text: string, limit: number): string {
  const total = Buffer.byteLength(text);
  if (total <= limit) return text;
  const mark = (left: number) => `\n… (cut: ${left.toLocaleString('en')} more bytes)`;
  const kept = cut(text, limit - Buffer.byteLength(mark(total))).trimEnd();
  return kept + mark(total - Buffer.byteLength(kept));
}

/**
 * The text within `limit` bytes of UTF-8: whole where it fits, else its beginning, how much is left out, and its end, where the
 * conclusion stands. `head` is the share of the beginning.
 */
export function cutMiddle(text: string, limit: number, head: number): string {
  const total = Buffer.byteLength(text);
  if (total <= limit) return text;
  const mark = (left: number) => `… (${left.toLocaleString('en')} bytes left out) …`;
  const room = limit - Buffer.byteLength(`\n${mark(total)}\n`);
  const first = cut(text, Math.floor(room * head)).trimEnd();
  const rest = ending(text, room - Buffer.byteLength(first));
  const word = rest.search(/\s/);
  const last = rest.slice(word > 0 && word < LONG_WORD ? word : 0).trimStart();
  const left = total - Buffer.byteLength(first) - Buffer.byteLength(last);
  return `${first}\n${mark(left)}\n${last}`.trim();
}

/** The longest ending of the text within `limit` bytes that begins between two characters as a reader sees them. */
function ending(text: string, limit: number): string {
  const bytes = Buffer.from(text);
  let start = Math.max(0, bytes.length - Math.max(limit, 0));
  // Not within the bytes of one character of UTF-8.
  while (((bytes[start] ?? 0) & 0xc0) === 0x80) start++;
  const at = text.length - bytes.toString('utf8', start).length;
  const character = graphemes().segment(text).containing(at);
  if (!character || character.index === at) return text.slice(at);
  const next = character.index + character.segment.length;
  return text.slice(next < text.length ? next : at);
}
