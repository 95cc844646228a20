import { expect, test } from 'vitest';
import { LineSplitter } from '../../src/transports/line-splitter.ts';
import fc from '../support/property.ts';

function split(chunks: readonly Uint8Array[], limit = 1000) {
  const dropped: number[] = [];
  const splitter = new LineSplitter(limit, (bytes) => dropped.push(bytes));
  const lines = [...chunks.flatMap((chunk) => [...splitter.push(chunk)]), ...splitter.end()];
  return { lines, dropped };
}

const line = fc.string({ unit: 'binary', maxLength: 40 }).map((text) => text.toWellFormed().replace(/[\r\n]/g, ''));

test('finds the same lines wherever the bytes are split, and breaks at nothing but line ends', () => {
  const texts = fc.array(fc.oneof(line, fc.constantFrom('a\u2028b', '\u0085', '🚀é')), { maxLength: 8 });
  fc.assert(
    fc.property(
      texts,
      fc.constantFrom('\n', '\r\n'),
      fc.boolean(),
      fc.infiniteStream(fc.nat(7)),
      (lines, end, last, cuts) => {
        const bytes = Buffer.from(lines.join(end) + (last ? end : ''));
        const chunks: Uint8Array[] = [];
        for (let at = 0; at < bytes.length; ) {
          const size = cuts.next().value ?? 1;
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        expect(split(chunks).lines).toEqual(lines.filter((text) => text !== ''));
      },
    ),
  );
});

test('drops a line that is too long, keeps its neighbours, and holds no more than the limit', () => {
  const chunks = ['short\n', 'x'.repeat(60), 'x'.repeat(60), '\nnext\n', 'y'.repeat(101)].map((text) =>
    Buffer.from(text),
  );
  expect(split(chunks, 100)).toEqual({ lines: ['short', 'next'], dropped: [120, 101] });
  expect(split([Buffer.from('z'.repeat(100))], 100).lines).toEqual(['z'.repeat(100)]);
});

test('replaces bytes that are no UTF-8 instead of failing', () => {
  expect(split([Buffer.from([0xff, 0x61, 0x0a, 0xc3])]).lines).toEqual(['\ufffda', '\ufffd']);
});
