import { describe, expect, it } from 'vitest';
import { Codes } from '../../../src/plugins/authorise/codes.ts';
import { codeAt, readCode, stepOf, toBase32 } from '../../../src/plugins/authorise/totp.ts';

const SECRET = toBase32(Buffer.from('12345678901234567890'));

describe('a one-time code', () => {
  // RFC 6238, appendix B, the last six digits.
  it.each([
    [59, '287082'],
    [1111111109, '081804'],
    [1111111111, '050471'],
    [1234567890, '005924'],
    [2000000000, '279037'],
    [20000000000, '353130'],
  ])('at %d s is %s', (seconds, code) => expect(codeAt(SECRET, seconds * 1000)).toBe(code));

  it('counts in its own 30 s, those before and those after', () => {
    const at = 1234567890_000;
    const code = codeAt(SECRET, at);
    expect([-60, -30, 0, 30, 60].map((more) => stepOf(code, SECRET, at + more * 1000) !== undefined)).toEqual([
      ...[false, true, true, true, false],
    ]);
  });

  it.each([
    ['123456 CODE: x', '123456', 'CODE: x'],
    ['123 456: CODE: x', '123456', 'CODE: x'],
    ['123-456, fix\nit', '123456', 'fix\nit'],
  ])('is read from %j', (message, code, text) => expect(readCode(message)).toEqual({ code, text }));

  it.each(['12345 CODE: x', '1234567 x', '123456', 'CODE 123456 x', ''])('is not in %j', (message) =>
    expect(readCode(message)).toBeUndefined(),
  );

  it('is not looked at for a quarter of an hour after five wrong ones', () => {
    const codes = new Codes();
    const now = 1234567890_000;
    const right = codeAt(SECRET, now);
    const wrong = right === '000000' ? '000001' : '000000';
    const check = (code: string, at: number) => codes.check(code, SECRET, { now: at, sent: now });
    for (let i = 0; i < 4; i++) expect(check(wrong, now)).toBe('wrong');
    expect(check(right, now)).toBeTypeOf('number');
    // It was not used before.
    codes.accepted();
    for (let i = 0; i < 5; i++) expect(check(wrong, now)).toBe('wrong');
    expect(check(right, now + 1)).toBe('locked');
    expect(check(right, now + 15 * 60_000 - 1)).toBe('locked');
    expect(check(right, now + 15 * 60_000)).toBeTypeOf('number');
  });
});
