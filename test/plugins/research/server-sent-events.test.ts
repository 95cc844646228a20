import { expect, it } from 'vitest';
import { readEvents } from '../../../src/plugins/research/responses-api/server-sent-events.ts';
import fc from '../../support/property.ts';

async function read(chunks: readonly Uint8Array[], maxBytes = 1e6): Promise<string[]> {
  const body = (async function* () {
    yield* chunks;
  })();
  return Array.fromAsync(readEvents(body, maxBytes));
}
const bytes = (text: string) => new TextEncoder().encode(text);

it.each([
  ['data: a\n\n', ['a']],
  ['data:a\n\ndata: b\n\n', ['a', 'b']],
  ['data:  a\n\n', [' a']],
  ['data: a\ndata: b\n\n', ['a\nb']],
  ['data\n\n', ['']],
  [': comment\n\nevent: x\nid: 1\ndata: a\nretry: 5\n\n', ['a']],
  ['\ufeffdata: a\n\n', ['a']],
  ['data: a\r\n\r\ndata: b\r\rdata: c\n\n', ['a', 'b', 'c']],
  ['database: a\n\n', []],
  ['data: unfinished\n', []],
  ['', []],
])('%j', async (text, expected) => expect(await read([bytes(text)])).toEqual(expected));

it('reads the same however the bytes are cut', async () => {
  const line = fc.string({ unit: fc.constantFrom('a', ' ', ':', 'ä', '🎉', '{"x":1}') });
  const end = fc.constantFrom('\n', '\r\n', '\r');
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1 }), end, fc.array(fc.nat(200)), async (lines, newline, cuts) => {
      const all = bytes(lines.map((text) => `data: ${text}${newline}${newline}`).join(''));
      const places = [...new Set([0, ...cuts.filter((cut) => cut < all.length), all.length])].sort((a, b) => a - b);
      const chunks = places.slice(1).map((place, index) => all.slice(places[index], place));
      expect(await read([...chunks, bytes('\n')])).toEqual(lines);
    }),
  );
});

it('stops at the limit', async () => {
  await expect(read([bytes('data: aaaa'), bytes('a'.repeat(100))], 50)).rejects.toThrow(RangeError);
});
