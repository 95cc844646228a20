import { token } from '../token.ts';
import { hidePrivateKeys } from './private-keys.ts';
import { sanitise } from './sanitise.ts';
import { hideByForm } from './secret-forms.ts';
import { hideInPlaces } from './secret-places.ts';

/** Replaces every secret in a text by `[redacted]`. */
export type Redact = (text: string) => string;
export const Redact = token<Redact>('Redact');

const MASK = '[redacted]';

/** Makes the function that hides these exact values, also URL-encoded and in base64, and all that looks like a credential. */
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
  const encoded = secret.length < DISTINCTIVE ? [] : [encodeURIComponent(secret.toWellFormed()), base64(secret)];
  return [secret, shown, escaped, ...encoded];
}

const base64 = (secret: string) => Buffer.from(secret).toString('base64').replace(/=+$/, '');

function pattern(secret: string): string {
  const literal = secret.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  return secret.length < DISTINCTIVE ? `(?<![A-Za-z0-9_])${literal}(?![A-Za-z0-9_])` : literal;
}
