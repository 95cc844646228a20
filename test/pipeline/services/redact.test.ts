import { expect, test } from 'vitest';
import { createRedactor } from '../../../src/pipeline/services/redact.ts';
import { canaries, KIND_COUNT, seenIn } from '../../support/canaries.ts';
import fc from '../../support/property.ts';
import { proportionOf } from '../../support/proportion.ts';

const redact = createRedactor([]);
const letters = (count: number, from = 'Ab3dEf6hIj') => from.repeat(Math.ceil(count / from.length)).slice(0, count);

const secrets: [string, string][] = [
  ['Anthropic', `sk-ant-api03-${letters(40)}-_x`],
  ['OpenAI project', `sk-proj-${letters(40)}`],
  ['OpenAI service account', `sk-svcacct-${letters(40)}`],
  ['OpenAI', `sk-${letters(48)}`],
  ['OpenRouter', `sk-or-v1-${letters(64, 'a1b2c3')}`],
  ['Perplexity', `pplx-${letters(48)}`],
  ['ntfy', `tk_${letters(29, 'ab3de6')}`],
  ['ntfy, mixed case', `tk_${letters(29)}`],
  ['ntfy, made up by its owner', `tk_${letters(29, 'aB-d_3')}`],
  ['GitHub personal', `ghp_${letters(36)}`],
  ['GitHub OAuth', `gho_${letters(36)}`],
  ['GitHub server', `ghs_${letters(36)}`],
  ['GitHub refresh', `ghr_${letters(36)}`],
  ['GitHub fine-grained', `github_pat_${letters(22)}_${letters(59)}`],
  ['GitLab', `glpat-${letters(20)}`],
  ['npm', `npm_${letters(36)}`],
  ['PyPI', `pypi-${letters(60)}`],
  ['Hugging Face', `hf_${letters(34)}`],
  ['Slack bot', `xoxb-${letters(12, '12345')}-${letters(24)}`],
  ['Slack app', `xapp-1-${letters(20)}`],
  ['Slack hook', `https://hooks.slack.com/services/T${letters(8)}/B${letters(8)}/${letters(24)}`],
  ['AWS key id', `AKIA${letters(16, 'ABCDE234')}`],
  ['AWS session id', `ASIA${letters(16, 'ABCDE234')}`],
  ['Google API', `AIza${letters(35)}`],
  ['Google OAuth', `ya29.${letters(60)}`],
  ['Google client', `GOCSPX-${letters(28)}`],
  ['SendGrid', `SG.${letters(22)}.${letters(43)}`],
  ['DigitalOcean', `dop_v1_${letters(64, '0123abcd')}`],
  ['Stripe', `sk_live_${letters(24)}`],
  ['webhook', `whsec_${letters(32)}`],
  ['age', `AGE-SECRET-KEY-1${letters(58, 'QPZRY9X8')}`],
  ['Telegram', `123456789:AA${letters(33)}`],
  ['JWT', `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.${letters(43)}`],
  [
    'private key',
    `-----BEGIN OPENSSH PRIVATE KEY-----\n${letters(70)}\n${letters(70)}\n-----END OPENSSH PRIVATE KEY-----`,
  ],
  ['cut private key', `-----BEGIN PRIVATE KEY-----\n${letters(300)}`],
];

test.each(secrets)('%s', (_, secret) => {
  const places = [
    secret,
    `key: ${secret}.`,
    `"${secret}"`,
    `a=${secret}`,
    JSON.stringify({ a: `x\n${secret}\ny` }),
    `\t${secret}\n`,
  ];
  for (const text of places) {
    const safe = redact(text);
    expect(safe).toContain('[redacted]');
    for (let at = 0; at + 20 <= secret.length; at += 20) {
      const piece = secret.slice(at, at + 20);
      if (!/PRIVATE KEY|https:/.test(piece)) expect(safe).not.toContain(piece);
    }
  }
});

test('T9: a known secret in hex, and in base64 with others before and after it, is hidden but for the signs at its ends', () => {
  const known = 'made/up>secret?é';
  const hide = createRedactor([known]);
  const hex = Buffer.from(known).toString('hex');
  expect(hide(`${hex} ${hex.toUpperCase()}`)).toBe('[redacted] [redacted]');
  for (const before of ['', ':', 'me:', 'you:', 'somebody:']) {
    for (const after of ['', '\n', ' and more']) {
      for (const form of ['base64', 'base64url'] as const) {
        const [head = '', tail = '', ...more] = hide(Buffer.from(before + known + after).toString(form)).split(
          '[redacted]',
        );
        expect(more).toEqual([]);
        // A sign is six bits.
        expect(head.length - Math.floor((before.length * 4) / 3)).toBeLessThanOrEqual(1);
        expect(tail.replace(/=+$/, '').length - Math.ceil((after.length * 4) / 3)).toBeLessThanOrEqual(1);
      }
    }
  }
});

test('T9: five secrets of each kind, wherever they stand: not 12 characters in a row are left', () => {
  expect(KIND_COUNT).toBeGreaterThanOrEqual(30);
  for (const canary of canaries(5 * KIND_COUNT)) {
    const { text } = canary;
    const json = JSON.stringify({ said: `first\n${text}\nlast` });
    for (const place of [
      text,
      `with ${text} in it`,
      `(${text})`,
      `\`${text}\`, and`,
      `x=${text}.`,
      json,
      JSON.stringify(json),
    ]) {
      expect(seenIn(redact(place), [canary]), place).toEqual([]);
    }
  }
});

test.each([
  ['Authorization: Bearer abc.def-ghi_jkl', 'Authorization: Bearer [redacted]'],
  ['{"authorization":"Basic bWU6aHVudGVyMg=="}', '{"authorization":"Basic [redacted]"}'],
  ['curl -H "authorization: token0123456789"', 'curl -H "authorization: [redacted]"'],
  ['use bearer 0123456789abcdef0123', 'use bearer [redacted]'],
  ['postgres://me:hunter2@db/x and https://:pw@h', 'postgres://me:[redacted]@db/x and https://:[redacted]@h'],
  ['DATABASE_PASSWORD=correct-horse', 'DATABASE_PASSWORD=[redacted]'],
  ['MY_API_KEY="abcdefgh"', 'MY_API_KEY="[redacted]"'],
  ['AWS_SECRET_ACCESS_KEY = abcdefgh/ijk', 'AWS_SECRET_ACCESS_KEY = [redacted]'],
])('in context: %s', (text, expected) => {
  expect(redact(text)).toBe(expected);
});

test.each([
  'a task-force with risk-assessment and desk-work',
  'call tk_create_a_window_with_all_its_widgets() and tk_title',
  'class="sk-fading-circle-and-more-words"',
  'TOKEN=process.env.TOKEN and API_KEY=$KEY, SECRET=<yours>',
  'https://example.org:8080/path?x=1 and me@example.org',
  'the key: value pairs; const token: string = readToken();',
  'commit 1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d7e8f9a0b at 12:30:45, req_k4m2xa on milton/req_k4m2xa-login',
  '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
  'const authorization = authorizationOf(login); // token: string, password = read(1)',
  'headers: { authorization: `Bearer $' + '{options.token}`, "x-api-key": key1 }',
  'The token: it is made by the server. Set --token or --password <yours>.',
])('leaves alone: %s', (text) => {
  expect(redact(text)).toBe(text);
});

test.each([
  ['its beginning', `${letters(70)}\n${letters(30)}\n-----END PRIVATE KEY-----\nafter it`, '[redacted]\nafter it'],
  ['its beginning, in a log', `before it\n${letters(70)}\n-----END RSA PRIVATE KEY-----`, 'before it[redacted]'],
  ['its end', `before it\n-----BEGIN PRIVATE KEY-----\n${letters(300)}`, 'before it\n[redacted]'],
  [
    'both, one after the other',
    `${letters(64)}\n-----END PRIVATE KEY-----\n-----BEGIN PRIVATE KEY-----\n${letters(64)}`,
    '[redacted]\n[redacted]',
  ],
])('of a private key that was cut nothing is left without %s', (_, text, expected) => {
  expect(redact(text)).toBe(expected);
});

test('exact values go, in every spelling, wherever they stand', () => {
  const hide = createRedactor(['pa$s/w.rd"(x)', 'tiny', 'ab', '']);
  expect(hide('apa$s/w.rd"(x)b')).toBe('a[redacted]b');
  expect(hide(JSON.stringify('pa$s/w.rd"(x)'))).toBe('"[redacted]"');
  expect(hide(`?p=${encodeURIComponent('pa$s/w.rd"(x)')}`)).toBe('?p=[redacted]');
  expect(hide(Buffer.from('pa$s/w.rd"(x)').toString('base64'))).not.toContain('cGEk');
  expect(hide('a tiny tinyness, ab')).toBe('a [redacted] tinyness, ab');
});

test('a value that has control characters goes as it is shown as well', () => {
  expect(createRedactor(['first\r\nsecond\u200b!'])('it is first\nsecond!')).toBe('it is [redacted]');
});

test('a longer secret that contains a shorter one goes as a whole', () => {
  expect(createRedactor(['secret-one', 'secret-one-and-more'])('secret-one-and-more')).toBe('[redacted]');
});

test('no registered secret survives in any text', () => {
  const secret = fc.string({ minLength: 8, maxLength: 40 }).filter((text) => !'[redacted]'.includes(text));
  fc.assert(
    fc.property(secret, fc.string(), fc.string(), (value, before, after) => {
      fc.pre(!'[redacted]'.includes(value) && value.trim() !== '');
      expect(createRedactor([value])(`${before}${value}${after}`)).toContain('[redacted]');
    }),
  );
});

test('T9: takes time in proportion to the text', () => {
  const parts = [
    'a',
    'eyJ',
    'sk-',
    'sk-ant-',
    '-----BEGIN PRIVATE KEY-----',
    '-',
    'a://',
    'a://a:',
    'SECRET_',
    'KEY=',
    'authorization:',
    'bearer ',
    '1',
    'SG.',
    'tk_',
    '-----END PRIVATE KEY-----',
    'QUJD\n',
    'token=',
    'token: a',
    'password "',
    '?key=',
    'cookie: a=',
    'login a ',
    'M0123456789012345678901234.',
    'aQ~',
    '.atlasv1.',
    '\\n',
  ];
  const proportion = proportionOf(redact);
  for (const part of parts) expect(proportion(part), part).toBeLessThan(50);
});
