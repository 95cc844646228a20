import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sanitise } from '../../../src/pipeline/services/sanitise.ts';

const FORBIDDEN =
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}\p{Cs}]/u;

test.each([
  ['colours', 'a\x1b[31mred\x1b[0m b', 'ared b'],
  ['eight-bit sequences', '\x9b31mred\x9b0m', 'red'],
  ['a title set by OSC', '\x1b]0;owned\x07text', 'text'],
  ['a link by OSC, ended by ST', '\x1b]8;;http://evil\x1b\\text\x1b]8;;\x1b\\', 'text'],
  ['an unended OSC', 'a\x1b]52;c;abc', 'a'],
  ['DCS and APC', '\x1bPq#0\x1b\\a\x1b_x\x1b\\b', 'ab'],
  ['a reset and a charset', '\x1bca\x1b(Bb', 'ab'],
  ['a cut sequence', 'a\x1b[', 'a'],
  ['controls', 'a\x00\x07\x08\x7fb\x85c', 'abc'],
  ['line ends', 'a\r\nb\rc\u2028d\u2029e\tf', 'a\nb\nc\nd\ne\tf'],
  ['direction marks', '\u202eabc\u2066d\u200f\u061c', 'abcd'],
  ['zero-width marks', 'a\u200bb\u2060c\ufeffd\u00ade\u200df', 'abcdef'],
  ['tag characters', 'a\u{e0041}\u{e007f}b\u{e0100}', 'ab'],
  ['half a character', 'a\ud83db', 'a\ufffdb'],
])('%s', (_, text, expected) => {
  expect(sanitise(text)).toBe(expected);
});

test('ordinary text stays as it is, pictures joined from several too', () => {
  const text = 'CODE: füge “x” ein — 日本語 🎉 👩‍💻 👩🏽‍💻 🏳️‍🌈 é\tb\nc';
  expect(sanitise(text)).toBe(text);
});

test('whatever comes in, nothing forbidden comes out, and once is enough', () => {
  const nasty = fc.constantFrom(
    '\x1b',
    '[',
    ']',
    '\x9b',
    '\x9d',
    '\x07',
    '\\',
    'm',
    ';',
    '0',
    '\u200d',
    '💻',
    '\u{e0041}',
    '\ud800',
    '\r',
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(nasty).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (dirty) => {
      const clean = sanitise(dirty);
      expect(clean).not.toMatch(FORBIDDEN);
      expect(sanitise(clean)).toBe(clean);
    }),
    { numRuns: 500 },
  );
});

test('takes time in proportion to the text', () => {
  for (const part of ['\x1b[', '\x1b]', '\x1bP', '\x9d', '\u200d', '\x1b ', '\x1b[;;;;']) {
    const began = performance.now();
    sanitise(part.repeat(500_000 / part.length));
    expect(performance.now() - began, JSON.stringify(part)).toBeLessThan(2000);
  }
});
