import { expect, test } from 'vitest';
import { cut } from '../../../../src/pipeline/cut.ts';
import { cutMiddle, truncate } from '../../../../src/transports/ntfy/send/truncate.ts';
import fc from '../../../support/property.ts';

const family = '👩‍👩‍👧‍👦';
const text = fc
  .array(fc.oneof(fc.constantFrom(family, 'e\u0301', '🇩🇪', 'ß', '\n', ' '), fc.string({ unit: 'grapheme' })), {
    maxLength: 60,
  })
  .map((parts) => parts.join('').toWellFormed());
const longer = fc.tuple(text, text, text).map((texts) => texts.join(' '));
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

test('cut from the middle it has its beginning and its end, and no character is split', () => {
  fc.assert(
    fc.property(longer, fc.integer({ min: 160, max: 500 }), fc.constantFrom(0, 0.6), (value, limit, head) => {
      const shown = cutMiddle(value, limit, head);
      expect(Buffer.byteLength(shown)).toBeLessThanOrEqual(limit);
      if (Buffer.byteLength(value) <= limit) {
        expect(shown).toBe(value);
        return;
      }
      const [, first = '', left = '', last = ''] =
        /^([\s\S]*?)\n?… \(([\d,]+) bytes left out\) …\n?([\s\S]*)$/.exec(shown) ?? [];
      expect(value.trimStart().startsWith(first)).toBe(true);
      expect(value.trimEnd().endsWith(last)).toBe(true);
      const all = characters(value.trim());
      expect(characters(first.trim()).every((each, i) => each === all[i])).toBe(true);
      expect(characters(last).every((each, i, { length }) => each === all.at(i - length))).toBe(true);
      expect(Number(left.replaceAll(',', ''))).toBeGreaterThan(0);
    }),
    { numRuns: 500 },
  );
});
