// Made at first use: it loads 2 MB of tables, and few notices are cut.
let segmenter: Intl.Segmenter | undefined;

/** Finds the characters of a text as a reader sees them. */
export const graphemes = () => (segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' }));

/** The longest beginning of the text within `limit` bytes that ends between two characters as a reader sees them. */
export function cut(text: string, limit: number): string {
  if (Buffer.byteLength(text) <= limit) return text;
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(Math.max(limit, 0)));
  const character = graphemes().segment(text).containing(read)?.index ?? 0;
  // One character may be thousands of bytes of accents; then half of it is better than nothing.
  return text.slice(0, character > 0 ? character : read);
}
