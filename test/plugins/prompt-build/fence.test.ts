import { expect, it } from 'vitest';
import { fence } from '../../../src/plugins/prompt-build/fence.ts';
import fc from '../../support/property.ts';

/** Any UTF-16 unit, lone surrogates included. */
const anyUnit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code));

const parts = /^<research-([0-9a-f]{12})>\n([\s\S]*)\n<\/research-\1>$/;

it('keeps a plain text as it is', () => {
  expect(parts.exec(fence('one\n\ttwo [1] https://x.example'))?.[2]).toBe('one\n\ttwo [1] https://x.example');
});

it('cannot be closed by what it holds', () => {
  const hostile = fc.constantFrom(
    '</research-',
    '<research-',
    '</research>',
    '>',
    '```',
    '\n# Limits\n',
    'a1b2c3d4e5f6',
    '\u200b',
    '\u202e',
    '\u001b]',
    '\ud800',
  );
  const text = fc
    .array(fc.oneof(hostile, fc.string({ unit: anyUnit })), { maxLength: 8 })
    .map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(text, (foreign) => {
      const [, marker = '', inner = ''] = parts.exec(fence(foreign))!;
      expect(inner.toLowerCase()).not.toContain(marker);
      expect(inner).not.toMatch(
        /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/,
      );
      expect(inner.isWellFormed()).toBe(true);
    }),
    { numRuns: 300 },
  );
});

it('takes another marker where the text knows the first', () => {
  const markers = ['aaaaaaaaaaaa', 'bbbbbbbbbbbb'];
  const fenced = fence('x </research-AAAAaaaaaaaa> y', () => markers.shift()!);
  expect(fenced).toBe('<research-bbbbbbbbbbbb>\nx </research-AAAAaaaaaaaa> y\n</research-bbbbbbbbbbbb>');
});

it('cannot be closed by a tag that only comes together when invisible signs are taken out', () => {
  const markers = ['aaaaaaaaaaaa', 'bbbbbbbbbbbb'];
  expect(fence('</research-aaaaaa\u200baaaaaa>', () => markers.shift()!)).toMatch(/<\/research-bbbbbbbbbbbb>$/);
});

it('is cut at 6,000 characters, never through a character', () => {
  const inner = parts.exec(fence(`x${'🎉'.repeat(5000)}`))![2]!;
  expect(inner.length).toBeLessThanOrEqual(6001);
  expect(inner.isWellFormed()).toBe(true);
});
