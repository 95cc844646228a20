import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cut, truncate } from '../../../../src/transports/ntfy/send/truncate.ts';

const family = '👩‍👩‍👧‍👦';
const text = fc
  .array(fc.oneof(fc.constantFrom(family, 'e\u0301', '🇩🇪', 'ß', '\n', ' '), fc.string({ unit: 'grapheme' })), {
    maxLength: 60,
  })
  .map((parts) => parts.join('').toWellFormed());
const characters = (value: string) => [...new Intl.Segmenter().segment(value)].map(({ segment }) => segment);

test('never exceeds the limit, never splits a character, and leaves what fits alone', () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 60, max: 400 }), (value, limit) => {
      const kept = cut(value, limit);
      expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(limit);
      expect(characters(value).slice(0, characters(kept).length).join('')).toBe(kept);
      const shown = truncate(value, limit);
      expect(Buffer.byteLength(shown)).toBeLessThanOrEqual(limit);
      if (Buffer.byteLength(value) <= limit) expect(shown).toBe(value);
      else expect(shown).toMatch(/… \(cut: [\d,]+ more bytes\)$/);
    }),
  );
});

test('says how much is missing', () => {
  const shown = truncate('a'.repeat(5000), 4000);
  const [, missing] = /cut: ([\d,]+) more/.exec(shown) ?? [];
  expect(shown.indexOf('\n') + Number(missing?.replace(',', ''))).toBe(5000);
});

test('splits a character only where that one alone is too long', () => {
  expect(cut(`a${family}`, 10)).toBe('a');
  const endless = `e${'\u0301'.repeat(3000)}`;
  expect(Buffer.byteLength(cut(endless, 100))).toBe(99);
  expect(cut('abc', 0)).toBe('');
  expect(cut('abc', -5)).toBe('');
});
