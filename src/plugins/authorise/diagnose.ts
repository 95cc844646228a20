import { hash } from 'node:crypto';
import { staleness, WINDOW } from './freshness.ts';
import { isGenuine, readSignature, type SignedText } from './signature.ts';

interface Received {
  readonly text: string;
  /** When it was sent, by the server's clock (ISO 8601). */
  readonly at: string;
}

/** What is to be said of a message that somebody tries their signature with. */
export interface Diagnosis {
  readonly ok: boolean;
  readonly lines: readonly string[];
}

/** Says whether Milton would take a message, and if not, what its sender has most probably done wrong. */
export function diagnose({ text, at }: Received, secrets: readonly string[], now: number): Diagnosis {
  const bad = (...lines: string[]) => ({ ok: false, lines });
  const signed = readSignature(text);
  if (!signed) return bad(...unsigned(text));
  if (!isGenuine(signed, secrets)) return bad('The signature does not match.', mistakeIn(signed, secrets));
  const stale = staleness({ signed: signed.at, sent: at, now }, WINDOW);
  if (stale !== undefined) return bad('The signature matches, but the time does not.', stale);
  const which = secrets.findIndex((secret) => isGenuine(signed, [secret]));
  const older = which > 0 ? ['It is made with the older key: put the new one on the phone (milton keys qr).'] : [];
  if (TAP.test(signed.text) && !signed.text.startsWith('TAP\n')) {
    return bad('Its first line must be "TAP" in capitals, with nothing behind it.');
  }
  const handed = TAP.test(signed.text)
    ? ['It was handed over to the Shortcut: as such Milton takes only what a button of its own notices says.']
    : [];
  return { ok: true, lines: ['The signature matches, and its time is right.', ...handed, ...older] };
}

/** The line that the Shortcut puts before what it is handed over, also as a phone likes to write it. */
const TAP = /^tap[ \t]*\n/i;

function unsigned(text: string): string[] {
  const last = text.trim().split('\n').at(-1) ?? '';
  if (!/^\s*m1h?\b/i.test(last)) {
    return [
      'It bears no signature: its last line must be "m1", the date, the number and the hash, with a space between.',
    ];
  }
  const [, at = '', nonce = '', signature = '', ...more] = last.trim().split(/\s+/);
  const wrong = [
    ...(more.length > 0 ? ['there are more than four words (has the date a space in it? Use ISO 8601)'] : []),
    ...(at.length < 10 || at.length > 40 ? [`"${at}" is no ISO 8601 date`] : []),
    ...(/^\d{6,20}$/.test(nonce) ? [] : [`the random number "${nonce}" must be 6 to 20 digits`]),
    ...(/^[0-9a-f]{64}$/i.test(signature) ? [] : ['the hash must be 64 hexadecimal digits (SHA256)']),
  ];
  return [`Its last line is no signature: ${wrong.join('; ')}.`];
}

/** Tries what goes wrong when the recipe is put together by hand. */
function mistakeIn(signed: SignedText, secrets: readonly string[]): string {
  for (const secret of secrets) {
    for (const [what, made] of mistakes(signed, secret)) if (made === signed.signature) return what;
  }
  return 'Most probably the key on the phone is another one (milton keys qr), or the text was changed after it was signed.';
}

function* mistakes({ at, nonce, text }: SignedText, secret: string): Generator<[what: string, signature: string]> {
  const twice = (key: string, ...lines: string[]) =>
    hash('sha256', `${key}\n${hash('sha256', [key, ...lines].join('\n'))}`);
  const lines = ['m1', at, nonce, text] as const;
  yield [
    'It is hashed once only: hash the key and the first hash once more.',
    hash('sha256', [secret, ...lines].join('\n')),
  ];
  yield [
    'The second hash is made without the key: its text is the key, a line end, and the first hash.',
    hash('sha256', hash('sha256', [secret, ...lines].join('\n'))),
  ];
  for (const [name, end] of [
    ['a line end', '\n'],
    ['a space', ' '],
    ['a line end of Windows', '\r\n'],
  ] as const) {
    yield [`The key on the phone has ${name} behind it.`, twice(`${secret}${end}`, ...lines)];
    yield [
      `The text that is hashed has ${name} behind it: trim it before it is hashed.`,
      twice(secret, 'm1', at, nonce, `${text}${end}`),
    ];
    yield [
      `The text that is hashed has ${name} before it: trim it before it is hashed.`,
      twice(secret, 'm1', at, nonce, `${end}${text}`),
    ];
  }
  const windows = ['m1', at, nonce, text.replaceAll('\n', '\r\n')];
  yield [
    'The lines that are hashed end as on Windows: use plain line ends (LF).',
    hash('sha256', `${secret}\r\n${hash('sha256', [secret, ...windows].join('\r\n'))}`),
  ];
  yield ['The text was signed with line ends of Windows: use plain ones (LF).', twice(secret, ...windows)];
  yield [
    'The line "m1" is written with a capital in what is hashed: it must be small.',
    twice(secret, 'M1', at, nonce, text),
  ];
  yield [
    'The text of the second hash has a line end behind it.',
    hash('sha256', `${secret}\n${hash('sha256', [secret, ...lines].join('\n'))}\n`),
  ];
  yield ['The line "m1" is missing between the key and the date.', twice(secret, at, nonce, text)];
  yield [
    'The number stands before the date in what is hashed: the date comes first.',
    twice(secret, 'm1', nonce, at, text),
  ];
  yield [
    'The text stands before the date and the number in what is hashed: it comes last.',
    twice(secret, 'm1', text, at, nonce),
  ];
  yield ['The key is in capitals on the phone.', twice(secret.toUpperCase(), ...lines)];
  yield ['The key is in small letters on the phone.', twice(secret.toLowerCase(), ...lines)];
  yield ['The text is not a part of what is hashed.', twice(secret, 'm1', at, nonce)];
}
