import { hash } from 'node:crypto';
import { expect, it } from 'vitest';
import { diagnose } from '../../../src/plugins/authorise/diagnose.ts';
import { sign } from '../../../src/plugins/authorise/signature.ts';

const [KEY, OLD] = ['K'.repeat(21) + 'k'.repeat(22), 'o'.repeat(43)] as const;
const AT = '2026-11-26T10:00:00Z';
const NOW = Date.parse(AT);
const NONCE = '4815162342';
const TEXT = 'CODE: one\nand two';

const said = (text: string, at = AT, now = NOW) => diagnose({ text, at }, [KEY, OLD], now);
const wire = (signature: string, text = TEXT) => `${text}\nm1 ${AT} ${NONCE} ${signature}`;
const twice = (key: string, lines: readonly string[], end = '\n') =>
  hash('sha256', `${key}${end}${hash('sha256', [key, ...lines].join(end))}`);
const LINES = ['m1', AT, NONCE, TEXT];

it('finds nothing wrong with what is right', () => {
  expect(said(sign(TEXT, KEY, { at: AT }))).toEqual({ ok: true, lines: [expect.stringContaining('matches')] });
  expect(said(sign(TEXT, KEY, { at: AT, scheme: 'm1h' })).ok).toBe(true);
  expect(said(sign(TEXT, OLD, { at: AT })).lines.join()).toContain('older key');
});

it.each<[string, string, RegExp]>([
  ['no signature', 'CODE: x', /bears no signature/],
  ['a short hash', wire('abc123'), /64 hexadecimal/],
  ['base64 instead of hex', wire('q'.repeat(43)), /64 hexadecimal/],
  ['a date with a space', wire('').replace('T10', ' 10') + 'a'.repeat(64), /more than four words/],
  ['a number with a point', wire('a'.repeat(64)).replace(NONCE, '4.8e9'), /random number "4.8e9"/],
  ['hashed once', wire(hash('sha256', [KEY, ...LINES].join('\n'))), /once only/],
  [
    'a second hash without the key',
    wire(hash('sha256', hash('sha256', [KEY, ...LINES].join('\n')))),
    /without the key/,
  ],
  ['a line end behind the key', wire(twice(`${KEY}\n`, LINES)), /key on the phone has a line end behind/],
  ['a space behind the text', wire(twice(KEY, [...LINES.slice(0, 3), `${TEXT} `])), /hashed has a space behind/],
  ['a line end before the text', wire(twice(KEY, [...LINES.slice(0, 3), `\n${TEXT}`])), /hashed has a line end before/],
  [
    'line ends of Windows',
    wire(twice(KEY, [...LINES.slice(0, 3), TEXT.replace('\n', '\r\n')], '\r\n')),
    /as on Windows/,
  ],
  [
    'such in the text alone',
    wire(twice(KEY, [...LINES.slice(0, 3), TEXT.replace('\n', '\r\n')])),
    /signed with line ends/,
  ],
  ['M1', wire(twice(KEY, ['M1', ...LINES.slice(1)])), /with a capital/],
  [
    'a line end behind the first hash',
    wire(hash('sha256', `${KEY}\n${hash('sha256', [KEY, ...LINES].join('\n'))}\n`)),
    /second hash has a line end/,
  ],
  ['no m1', wire(twice(KEY, LINES.slice(1))), /"m1" is missing/],
  ['another order', wire(twice(KEY, ['m1', NONCE, AT, TEXT])), /number stands before the date/],
  ['the text first', wire(twice(KEY, ['m1', TEXT, AT, NONCE])), /text stands before/],
  ['a key in small letters', wire(twice(KEY.toLowerCase(), LINES)), /small letters/],
  ['a key in capitals', wire(twice(KEY.toUpperCase(), LINES)), /in capitals/],
  ['no text', wire(twice(KEY, LINES.slice(0, 3))), /not a part/],
  ['another key', wire(twice('z'.repeat(43), LINES)), /another one/],
])('says what is wrong with %s', (_what, text, expected) => {
  const { ok, lines } = said(text);
  expect([ok, lines.join(' ')]).toEqual([false, expect.stringMatching(expected)]);
});

it('says of what the Shortcut was handed over that it is no request', () => {
  expect(said(sign('TAP\ntest', KEY, { at: AT }))).toEqual({
    ok: true,
    lines: [expect.stringContaining('matches'), expect.stringContaining('handed over')],
  });
  for (const line of ['Tap', 'TAP ', 'tap'])
    expect(said(sign(`${line}\ntest`, KEY, { at: AT }))).toEqual({
      ok: false,
      lines: [expect.stringContaining('"TAP"')],
    });
  expect(said(sign('TAP the keg', KEY, { at: AT })).lines).toHaveLength(1);
});

it('looks at the clock', () => {
  expect(said(sign(TEXT, KEY, { at: AT }), '2026-11-26T09:00:00Z').lines.join(' ')).toMatch(
    /set the clock of the phone/,
  );
  expect(said(sign(TEXT, KEY, { at: AT }), '2026-11-26T11:00:00Z').lines.join(' ')).toMatch(/Scheduled/);
});
