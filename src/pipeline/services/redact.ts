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
  const known = [...new Set([...secrets].flatMap(spellings))].sort((a, b) => b.length - a.length);
  const exact = known.length > 0 ? new RegExp(known.map(pattern).join('|'), 'g') : undefined;
  return (text) => {
    const safe = exact ? text.replace(exact, MASK) : text;
    return hideInPlaces(hideByForm(hidePrivateKeys(safe, MASK), MASK), MASK);
  };
}

/** Shorter ones are words rather than secrets, and hiding them would make every text unreadable. */
const SHORTEST = 4;
/** Below this length a value counts only where it stands alone. */
const DISTINCTIVE = 8;

function spellings(secret: string): string[] {
  const shown = sanitise(secret);
  if (shown.length < SHORTEST) return [];
  const escaped = JSON.stringify(secret).slice(1, -1);
  return [secret, shown, escaped, ...(secret.length < DISTINCTIVE ? [] : encoded(secret))];
}

function encoded(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const hex = bytes.toString('hex');
  const alone = bytes.toString('base64').replace(/=+$/, '');
  const inside = [0, 1, 2].flatMap((before) => insideBase64(bytes, before));
  return [encodeURIComponent(secret.toWellFormed()), hex, hex.toUpperCase(), alone, ...inside];
}

/**
 * What base64 makes of these bytes amid others, as in the `user:password` of a login, after so many beyond a multiple of three: without
 * the signs at both ends that tell of its neighbours as well.
 */
function insideBase64(bytes: Buffer, before: number): string[] {
  const all = Buffer.concat([Buffer.alloc(before), bytes]);
  const [from, to] = [Math.ceil((before * 8) / 6), Math.floor((all.length * 8) / 6)];
  return (['base64', 'base64url'] as const).map((form) => all.toString(form).slice(from, to));
}

function pattern(secret: string): string {
  const literal = secret.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  return secret.length < DISTINCTIVE ? `(?<![A-Za-z0-9_])${literal}(?![A-Za-z0-9_])` : literal;
}
