import { expect, test } from 'vitest';
import { headerJson, headerValue } from '../../../../src/transports/ntfy/send/header-encoding.ts';
import fc from '../../../support/property.ts';

const decode = (value: string) => {
  const word = /^=\?UTF-8\?B\?(.*)\?=$/.exec(value)?.[1];
  return word === undefined ? value : Buffer.from(word, 'base64').toString('utf8');
};

test('every text becomes a value that fetch accepts, and is the same text on one line again', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const value = headerValue(text);
      expect(new Headers({ 'x-title': value }).get('x-title')).toBe(value);
      expect(decode(value)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
    }),
  );
  for (const text of ['plain: text, with "quotes"', 'Größe ✅', 'looks =?UTF-8?B?eA==?= encoded', '']) {
    expect(decode(headerValue(text))).toBe(text);
  }
});

test('no line end gets into a header', () => {
  expect(headerValue('a\r\nX-Evil: 1\n\tb')).toBe('a X-Evil: 1 b');
});

test('JSON is ASCII, parses back, and never looks like an encoded word', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.constant('=?x?B?eA==?=')), (text) => {
      const value = headerJson([{ text }]);
      expect(value).toMatch(/^[\x20-\x7e]*$/);
      expect(value).not.toContain('=?');
      expect(JSON.parse(value)).toEqual([{ text }]);
    }),
  );
});
