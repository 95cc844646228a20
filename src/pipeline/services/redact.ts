import { token } from '../token.ts';
import { hidePrivateKeys } from './private-keys.ts';
import { sanitise } from './sanitise.ts';
import { hideByForm } from './secret-forms.ts';
import { hideInPlaces } from './secret-places.ts';

/** Replaces every secret in a text by `[redacted]`. */
export type Redact = (text: string) => string;
export const Redact = token<Redact>('Redact');

const MASK = '[redacted]';

/** Makes the function that hides these exact values, also URL-encoded, in hex and in base64, and all that looks like a credential. */
export function createRedactor(secrets: Iterable<string>): Redact {
  const known = [...secrets];
  // Each form has an expression of its own: together, so many beginnings are looked for that none is quickly ruled out.
  const exact = FORMS.map((form) => anyOf(known.flatMap(form))).filter((each) => each !== undefined);
  return (text) => {
    const safe = exact.reduce((rest, each) => rest.replace(each, MASK), text);
    return hideInPlaces(hideByForm(hidePrivateKeys(safe, MASK), MASK), MASK);
  };
}

function anyOf(texts: readonly string[]): RegExp | undefined {
  const longestFirst = [...new Set(texts)].sort((a, b) => b.length - a.length);
  return longestFirst.length > 0 ? new RegExp(longestFirst.map(pattern).join('|'), 'g') : undefined;
}

/** Shorter ones are words rather than secrets, and hiding them would make every text unreadable. */
const SHORTEST = 4;
/** Below this length a value counts only where it stands alone. */
const DISTINCTIVE = 8;

function spellings(secret: string): string[] {
  const shown = sanitise(secret);
  if (shown.length < SHORTEST) return [];
  const escaped = JSON.stringify(secret).slice(1, -1);
  const encoded = secret.length < DISTINCTIVE ? [] : [encodeURIComponent(secret.toWellFormed()), base64(secret)];
  return [secret, shown, escaped, ...encoded];
}

const base64 = (secret: string) => Buffer.from(secret).toString('base64').replace(/=+$/, '');
const hex = (bytes: Buffer) => [bytes.toString('hex'), bytes.toString('hex').toUpperCase()];

/** A form of the bytes of a secret, as far as it is none that other texts may hold by chance. */
const ofBytes = (form: (bytes: Buffer) => string[]) => (secret: string) =>
  secret.length < DISTINCTIVE ? [] : form(Buffer.from(secret));

/**
 * What base64 makes of these bytes amid others, as in the `user:password` of a login, after so many beyond a multiple of three: without
 * the signs at both ends that tell of its neighbours as well.
 */
function insideBase64(bytes: Buffer, before: number): string[] {
  const all = Buffer.concat([Buffer.alloc(before), bytes]);
  const [from, to] = [Math.ceil((before * 8) / 6), Math.floor((all.length * 8) / 6)];
  return (['base64', 'base64url'] as const).map((form) => all.toString(form).slice(from, to));
}

const FORMS = [spellings, ofBytes(hex), ...[0, 1, 2].map((before) => ofBytes((bytes) => insideBase64(bytes, before)))];

function pattern(secret: string): string {
  const literal = secret.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  return secret.length < DISTINCTIVE ? `(?<![A-Za-z0-9_])${literal}(?![A-Za-z0-9_])` : literal;
}
