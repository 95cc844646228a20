import { expect, test } from 'vitest';
import { sanitise } from '../../../src/pipeline/services/sanitise.ts';
import fc from '../../support/property.ts';
import { proportionOf } from '../../support/proportion.ts';

/** Controls, halves of characters, annotations, and what Unicode calls ignorable but for what pictures are made with. */
const FORBIDDEN =
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufff9-\ufffb\p{Cs}]|(?![\u200d\ufe0e\ufe0f])\p{Default_Ignorable_Code_Point}/u;

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
  ['fillers and blanks', 'a\u3164b\u115fc\uffa0d\u034fe\u17b4f\u180bg', 'abcdefg'],
  ['selectors that hide a text', 'a\ufe01\ufe0e\ufe0f\u{e0150}b 1\ufe0f\u20e3', 'ab 1\ufe0f\u20e3'],
  ['tag characters', 'a\u{e0041}\u{e007f}b\u{e0100}', 'ab'],
  ['half a character', 'a\ud83db', 'a\ufffdb'],
])('%s', (_, text, expected) => {
  expect(sanitise(text)).toBe(expected);
});

test('ordinary text stays as it is, pictures joined from several too', () => {
  const text = 'CODE: füge “x” ein — 日本語 🎉 👩‍💻 👩🏽‍💻 🏳️‍🌈 é\tb\nc';
  expect(sanitise(text)).toBe(text);
});

test('T10: whatever comes in, nothing forbidden comes out, and once is enough', () => {
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
    '\ufe0f',
    '\u3164',
    '\ud800',
    '\r',
  );
  const text = fc.oneof(
    fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units)),
    fc.array(nasty).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (dirty) => {
      const clean = sanitise(dirty);
      expect(clean).not.toMatch(FORBIDDEN);
      expect(sanitise(clean)).toBe(clean);
    }),
    { numRuns: 200 },
  );
});

test('every character that Unicode calls ignorable goes, alone', () => {
  const all = Array.from({ length: 0x40000 }, (_, code) =>
    String.fromCodePoint(code < 0x20000 ? code : 0xe0000 + (code & 0x1ffff)),
  );
  const ignorable = all.filter((each) => /\p{Default_Ignorable_Code_Point}/u.test(each));
  expect(ignorable.length).toBeGreaterThan(4_000);
  expect(ignorable.filter((each) => sanitise(`a${each}b`) !== 'ab')).toEqual([]);
});

test('takes time in proportion to the text', () => {
  const proportion = proportionOf(sanitise);
  for (const part of ['\x1b[', '\x1b]', '\x1bP', '\x9d', '\u200d', '\x1b ', '\x1b[;;;;', '\ufe0f', '💻\u200d']) {
    expect(proportion(part), JSON.stringify(part)).toBeLessThan(50);
  }
});
