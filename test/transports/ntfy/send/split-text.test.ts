import { expect, test } from 'vitest';
import { splitText } from '../../../../src/transports/ntfy/send/split-text.ts';
import fc from '../../../support/property.ts';

const bytes = (text: string) => Buffer.byteLength(text);

test('rule 22: parts end between paragraphs, else between lines, else between words', () => {
  const paragraph = 'One two three.\n'.repeat(4).trim();
  expect(splitText(`${paragraph}\n\n${paragraph}\n\n${paragraph}`, 100, 9)).toEqual([paragraph, paragraph, paragraph]);
  expect(splitText('a line\n'.repeat(20), 50, 9).every((part) => /^(a line\n)*a line$/.test(part))).toBe(true);
  expect(splitText('word '.repeat(40), 50, 9).every((part) => /^(word )*word$/.test(part))).toBe(true);
});

test('rule 22: a boundary that would leave a part nearly empty is not used', () => {
  expect(splitText(`Short.\n\n${'x'.repeat(300)}`, 100, 9)[0]).toHaveLength(100);
});

test('rule 22: what is more than the most parts is cut from before the last one, which has the end', () => {
  const text = `${'word '.repeat(1000)}The end.`;
  const parts = splitText(text, 400, 3);
  expect(parts).toHaveLength(3);
  expect(parts[1]).toMatch(/^(word )*word$/);
  expect(parts[2]).toMatch(/^… \(3,[\d,]+ bytes left out\) …\n(word )+The end\.$/);
  const [one, ...others] = splitText(text, 400, 1);
  expect(one).toMatch(/^(word )+.*\n… \(4,[\d,]+ bytes left out\) …\n(word )+The end\.$/);
  expect(others).toEqual([]);
});

test('rule 22: no part is too long, no character is cut, nothing is lost', () => {
  const piece = fc.oneof(
    fc.constantFrom('👩‍👩‍👧‍👦', 'ß', ' ', '\n', '\n\n', 'e\u0301', '\u{1F3F3}\uFE0F\u200D\u{1F308}', '    indented'),
    fc.string({ maxLength: 20 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 200 }), fc.integer({ min: 60, max: 400 }), (pieces, limit) => {
      const text = pieces.join('').toWellFormed();
      const parts = splitText(text, limit, Number.POSITIVE_INFINITY);
      for (const part of parts) {
        expect(bytes(part)).toBeLessThanOrEqual(limit);
        expect(part.isWellFormed()).toBe(true);
        expect(part).not.toMatch(/\u200d$/);
      }
      expect(parts.join('').replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
    }),
  );
});
