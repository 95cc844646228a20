import { describe, expect, test } from 'vitest';
import { beginning, ending, MARGIN, mended } from '../../src/pipeline/excerpt.ts';
import { cleaner } from '../../src/pipeline/services/clean.ts';
import { createRedactor } from '../../src/pipeline/services/redact.ts';
import { canaries, seenIn } from '../support/canaries.ts';

const clean = cleaner(createRedactor([]));
const all = canaries(86, 11);
const filler = (length: number) => 'word for word, '.repeat(length / 15 + 1).slice(0, length);

describe('T9: a secret at the place where a long text is cut', () => {
  test.each([0, 1, 7, 13, 20, 40])('is whole or gone, %d characters from its end', (inside) => {
    for (const canary of all) {
      const { text } = canary;
      const before = `${filler(100 + MARGIN - text.length + inside)} ${text} ${filler(3_000)}`;
      expect(seenIn(clean(beginning(before, 100)), [canary])).toEqual([]);
      const after = `${filler(3_000)} ${text} ${filler(100 + MARGIN - inside)}`;
      expect(seenIn(clean(ending(after, 100)), [canary])).toEqual([]);
    }
  });

  test('is gone where the end begins in the middle of it, or right behind what gives it away', () => {
    for (const canary of all) {
      const { text, secret } = canary;
      for (const half of [text.slice(text.length / 2), text.slice(text.indexOf(secret))]) {
        expect(seenIn(clean(mended(`${half}\n${filler(2_000)}\nmore`)), [canary])).toEqual([]);
        expect(seenIn(clean(mended(`${half} ${filler(30_000)}`)), [canary])).toEqual([]);
      }
    }
  });
});

test('what is short enough stays as it is, and of what is one endless word enough is left', () => {
  expect([beginning('a b', 1), ending('a b', 1)]).toEqual(['a b', 'a b']);
  const endless = 'x'.repeat(1_000_000);
  expect(beginning(endless, 100)).toHaveLength(100);
  expect(ending(endless, 100)).toHaveLength(100);
  expect(mended(`${'x'.repeat(2_000)}\nand one more`)).toBe('and one more');
});
