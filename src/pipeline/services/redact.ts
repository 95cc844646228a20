import { token } from '../token.ts';

/** Replaces every secret in a text by `[redacted]`. */
export type Redact = (text: string) => string;
export const Redact = token<Redact>('Redact');

const MASK = '[redacted]';

/**
 * Credentials that give themselves away by their form. Each either matches as soon as its prefix and a bounded number of
 * characters are seen, or looks at a bounded stretch, so the time is linear in the text.
 */
const PATTERNS = [
  /sk-(?:ant|proj|svcacct|admin|or-v1)-[\w-]{16,}/,
  /(?<=^|[^A-Za-z0-9-]|\\[nrt])sk-(?=[\w-]{0,40}\d)[\w-]{20,}/,
  /(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{16,}/,
  /pplx-[A-Za-z0-9]{16,}/,
  /(?<=^|[^A-Za-z0-9]|\\[nrt])tk_(?:[A-Za-z0-9]{20,}|(?=[\w-]{0,28}\d)[\w-]{29})/,
  /gh[pousr]_[A-Za-z0-9]{20,}/,
  /github_pat_\w{20,}/,
  /glpat-[\w-]{16,}/,
  /npm_[A-Za-z0-9]{30,}/,
  /pypi-[\w-]{40,}/,
  /hf_[A-Za-z0-9]{30,}/,
  /xox[a-z]-[A-Za-z0-9-]{10,}|xapp-\d-[A-Za-z0-9-]{10,}/,
  /hooks\.slack\.com\/services\/[A-Za-z0-9/]{20,}/,
  /(?:AKIA|ASIA)[A-Z0-9]{16}/,
  /AIza[\w-]{35}/,
  /ya29\.[\w-]{20,}/,
  /GOCSPX-[\w-]{20,}/,
  /SG\.[\w-]{16,32}\.[\w-]{16,}/,
  /dop_v1_[a-f0-9]{40,}/,
  /whsec_[A-Za-z0-9+/=]{20,}/,
  /AGE-SECRET-KEY-1[A-Z0-9]{50,}/,
  /(?<![\d:])\d{8,10}:AA[\w-]{33}/,
  /(?<=^|[^\w-]|\\[nrt])eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]*/,
  /-----BEGIN (?:[A-Z0-9]{1,20} ){0,4}PRIVATE KEY(?: BLOCK)?-----[^-]*(?:-(?!----)[^-]*)*(?:-----END [A-Z0-9 ]{0,60}-----)?/,
];
const BY_FORM = new RegExp(PATTERNS.map(({ source }) => source).join('|'), 'gm');

/** Where the context gives it away, the context stays: `Authorization: Bearer …`, `https://user:…@host`, `API_KEY=…`. */
const IN_CONTEXT = [
  /(\bauthorization["']?\s{0,3}[:=]\s{0,3}["']?(?:(?:bearer|basic|token)\s{1,3})?)[^\s"',;\\]{6,}/gi,
  /(\bbearer\s{1,3})[A-Za-z0-9._~+/=-]{16,}/gi,
  /([a-z]:\/\/[^\s:@/"']{0,64}:)[^\s@/"']{1,256}(?=@)/gi,
  /((?:SECRET|TOKEN|PASSWORD|API_?KEY|ACCESS_KEY)(?:_[A-Z0-9_]{1,20})?\s?=\s?["']?)(?!process\.|\$|<|\[)[^\s"'\\]{8,}/g,
];
/** No text without one of these can match IN_CONTEXT. */
const CONTEXT = /:\/\/|bearer|authorization|SECRET|TOKEN|PASSWORD|KEY/i;

/** Makes the function that hides these exact values, also URL-encoded and in base64, and all that looks like a credential. */
export function createRedactor(secrets: Iterable<string>): Redact {
  const known = [...new Set([...secrets].flatMap(spellings))].sort((a, b) => b.length - a.length);
  const exact = known.length > 0 ? new RegExp(known.map(pattern).join('|'), 'g') : undefined;
  return (text) => {
    let safe = exact ? text.replace(exact, MASK) : text;
    safe = safe.replace(BY_FORM, MASK);
    if (!CONTEXT.test(safe)) return safe;
    for (const context of IN_CONTEXT) safe = safe.replace(context, `$1${MASK}`);
    return safe;
  };
}

/** Shorter ones are words rather than secrets, and hiding them would make every text unreadable. */
const SHORTEST = 4;
/** Below this length a value counts only where it stands alone. */
const DISTINCTIVE = 8;

function spellings(secret: string): string[] {
  if (secret.length < SHORTEST) return [];
  const escaped = JSON.stringify(secret).slice(1, -1);
  const encoded = secret.length < DISTINCTIVE ? [] : [encodeURIComponent(secret.toWellFormed()), base64(secret)];
  return [secret, escaped, ...encoded];
}

const base64 = (secret: string) => Buffer.from(secret).toString('base64').replace(/=+$/, '');

function pattern(secret: string): string {
  const literal = secret.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  return secret.length < DISTINCTIVE ? `(?<![A-Za-z0-9_])${literal}(?![A-Za-z0-9_])` : literal;
}
