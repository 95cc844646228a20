import { seeded } from '../../torture/random.ts';

/** A made-up secret as it is written somewhere, and what of that must not be seen anywhere. */
export interface Canary {
  readonly kind: string;
  readonly text: string;
  readonly secret: string;
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';
const LOWER = LETTERS + DIGITS;
const MIXED = LOWER + LETTERS.toUpperCase();
const BASE64 = `${MIXED}+/`;
const URL64 = `${MIXED}-_`;
const HEX = `${DIGITS}abcdef`;
const BASE32 = `${LETTERS.toUpperCase()}234567`;

type Made = string | { readonly text: string; readonly secret: string };
/** `some(n, letters)` = so many random ones of them, a digit among them. */
type Make = (some: (count: number, letters?: string) => string) => Made;
const within = (before: string, secret: string, after = ''): Made => ({ text: `${before}${secret}${after}`, secret });
const lines = (text: string, length: number) => text.match(new RegExp(`.{1,${length}}`, 'g'))!.join('\n');
const base64 = (text: string) => Buffer.from(text).toString('base64url');

/** As the ones who give them out write them. */
const KINDS: Readonly<Record<string, Make>> = {
  anthropic: (some) => `sk-ant-api03-${some(93, URL64)}AA`,
  'openai project': (some) => `sk-proj-${some(74, URL64)}T3BlbkFJ${some(74, URL64)}`,
  openai: (some) => `sk-${some(20)}T3BlbkFJ${some(20)}`,
  perplexity: (some) => `pplx-${some(48)}`,
  'hugging face': (some) => `hf_${some(34)}`,
  ntfy: (some) => `tk_${some(29, LOWER)}`,
  github: (some) => `ghp_${some(36)}`,
  'github fine-grained': (some) => `github_pat_${some(22)}_${some(59)}`,
  gitlab: (some) => `glpat-${some(20, URL64)}`,
  npm: (some) => `npm_${some(36)}`,
  npmrc: (some) => within('//registry.example.org/:_authToken=', some(36)),
  pypi: (some) => `pypi-AgEIcHlwaS5vcmc${some(150, URL64)}`,
  docker: (some) => `dckr_pat_${some(27, URL64)}`,
  'slack bot': (some) => `xoxb-${some(12, DIGITS)}-${some(13, DIGITS)}-${some(24)}`,
  'slack hook': (some) =>
    within('https://hooks.slack.com/services/', `T${some(10, BASE32)}/B${some(10, BASE32)}/${some(24)}`),
  discord: (some) => `M${some(25)}.${some(6)}.${some(38, URL64)}`,
  telegram: (some) => `1${some(9, DIGITS)}:AA${some(33, URL64)}`,
  'aws id': (some) => `AKIA${some(16, BASE32)}`,
  'aws secret': (some) => within('aws_secret_access_key = ', some(40, BASE64)),
  'google api': (some) => `AIza${some(35, URL64)}`,
  'google oauth': (some) => `ya29.${some(120, URL64)}`,
  azure: (some) => within('DefaultEndpointsProtocol=https;AccountName=a;AccountKey=', `${some(86, BASE64)}==`),
  digitalocean: (some) => `dop_v1_${some(64, HEX)}`,
  vault: (some) => `hvs.${some(90, URL64)}`,
  terraform: (some) => `${some(14)}.atlasv1.${some(67, URL64)}`,
  stripe: (some) => `sk_live_${some(24)}`,
  shopify: (some) => `shpat_${some(32, HEX)}`,
  sendgrid: (some) => `SG.${some(22, URL64)}.${some(43, URL64)}`,
  twilio: (some) => `SK${some(32, HEX)}`,
  grafana: (some) => `glsa_${some(32)}_${some(8, HEX)}`,
  linear: (some) => `lin_api_${some(40)}`,
  jwt: (some) => `${base64('{"alg":"HS256","typ":"JWT"}')}.${base64(`{"sub":"${some(20)}"}`)}.${some(43, URL64)}`,
  age: (some) => `AGE-SECRET-KEY-1${some(58, BASE32)}`,
  'rsa key': (some) => pem('RSA PRIVATE KEY', some(1_600, BASE64)),
  'ssh key': (some) => pem('OPENSSH PRIVATE KEY', some(380, BASE64)),
  'bearer header': (some) => within('Authorization: Bearer ', some(40, URL64)),
  'basic header': (some) => within('Authorization: Basic ', base64(`me:${some(24)}`)),
  database: (some) => within('postgres://me:', some(20), '@db.example.org/app'),
  variable: (some) => within('DB_PASSWORD=', some(16)),
  json: (some) => within('{"client_secret": "', some(32), '"}'),
  query: (some) => within('https://api.example.org/v1?access_token=', some(32)),
  cookie: (some) => within('Cookie: session=', some(32)),
  netrc: (some) => within('machine example.org login me password ', some(20)),
};

function pem(name: string, body: string): Made {
  const secret = lines(body, 64);
  return { text: `-----BEGIN ${name}-----\n${secret}\n-----END ${name}-----`, secret };
}

export const KIND_COUNT = Object.keys(KINDS).length;

/** So many of them, of all kinds in turn. */
export function canaries(count: number, seed = 1): readonly Canary[] {
  const random = seeded(seed);
  const some = (length: number, letters = MIXED) => {
    const one = (from: string) => from[Math.floor(random() * from.length)]!;
    const made = Array.from({ length }, () => one(letters));
    // Some kinds are told from a word by their digits.
    const digits = [...letters].filter((letter) => DIGITS.includes(letter)).join('');
    if (digits) made[Math.min(length - 1, 3)] = one(digits);
    return made.join('');
  };
  const kinds = Object.entries(KINDS);
  return Array.from({ length: count }, (_, i) => {
    const [kind, make] = kinds[i % kinds.length]!;
    const made = make(some);
    return typeof made === 'string' ? { kind, text: made, secret: made } : { kind, ...made };
  });
}

const PIECE = 12;

/** The kinds of which a text shows any 12 characters in a row, each with what it shows. */
export function seenIn(text: string, all: readonly Canary[]): readonly string[] {
  const pieces = new Map(all.flatMap(({ kind, secret }) => piecesOf(secret).map((piece) => [piece, kind] as const)));
  const seen = new Map<string, string>();
  for (let at = 0; at + PIECE <= text.length; at++) {
    const piece = text.slice(at, at + PIECE);
    const kind = pieces.get(piece);
    if (kind !== undefined && !seen.has(kind)) seen.set(kind, `${kind}: ${piece}`);
  }
  return [...seen.values()];
}

const piecesOf = (secret: string): readonly string[] =>
  secret
    .split('\n')
    .flatMap((line) =>
      Array.from({ length: Math.max(0, line.length - PIECE + 1) }, (_, i) => line.slice(i, i + PIECE)),
    );
