import { createHmac, hash, randomInt, timingSafeEqual } from 'node:crypto';

/**
 * How a message proves who sent it. A phone's Shortcut can compute `m1`, which is two nested hashes, since a single one could be
 * lengthened by whoever sees it; `m1h` is HMAC-SHA256, for scripts.
 */
export type Scheme = 'm1' | 'm1h';

/** A message that bears a signature, whether it is genuine or not. */
export interface SignedText {
  readonly scheme: Scheme;
  /** Without the signature, as it was signed: without spaces at its ends. */
  readonly text: string;
  /** The same with what stood there: a phone's keyboard adds a space behind a word, and its sender may have signed that as well. */
  readonly received?: string;
  /** When it was signed, as the sender wrote it. */
  readonly at: string;
  readonly nonce: string;
  /** 64 hexadecimal digits in lower case. */
  readonly signature: string;
}

const TRAILER = /^(m1h?) (\S{10,40}) (\d{6,20}) ([0-9a-f]{64})$/i;

/** Signs a text: what is to be sent. `at` is a date as ISO 8601 writes it, `nonce` 6 to 20 digits. */
export function sign(
  text: string,
  secret: string,
  more: Partial<Pick<SignedText, 'scheme' | 'at' | 'nonce'>> = {},
): string {
  const { scheme = 'm1', at = new Date().toISOString(), nonce = String(randomInt(1e9, 1e10)) } = more;
  const plain = plainText(text);
  return `${plain}\n${scheme} ${at} ${nonce} ${signatureOf({ scheme, at, nonce, text: plain }, secret)}`;
}

/** Reads the signature in the last line of a message; undefined where it bears none. */
export function readSignature(message: string): SignedText | undefined {
  const whole = plainText(message);
  const end = whole.lastIndexOf('\n');
  const [, scheme, at, nonce, signature] = TRAILER.exec(whole.slice(end + 1)) ?? [];
  if (!scheme || !at || !nonce || !signature) return undefined;
  const received = whole.slice(0, Math.max(end, 0));
  return {
    scheme: scheme.toLowerCase() as Scheme,
    text: plainText(received),
    received,
    at,
    nonce,
    signature: signature.toLowerCase(),
  };
}

/** Whether one of these keys has made the signature; takes as long whichever it is, or none. */
export function isGenuine(signed: SignedText, secrets: readonly string[]): boolean {
  let genuine = false;
  const { text, received = text } = signed;
  for (const each of new Set([text, received])) {
    for (const secret of secrets) {
      for (const computed of signaturesOf({ ...signed, text: each }, secret)) {
        genuine = timingSafeEqual(Buffer.from(computed), Buffer.from(signed.signature)) || genuine;
      }
    }
  }
  return genuine;
}

/** The text that is signed: without spaces at its ends, which a server may drop, and with line ends of one kind. */
export const plainText = (text: string): string => text.replaceAll('\r\n', '\n').trim();

type Unsigned = Omit<SignedText, 'signature'>;

export const signatureOf = (signed: Unsigned, secret: string): string => signaturesOf(signed, secret)[0]!;

/** The signature, and of `m1` also the one of a phone that writes its first hash in capitals. */
function signaturesOf({ scheme, at, nonce, text }: Unsigned, secret: string): readonly string[] {
  const signed = `m1\n${at}\n${nonce}\n${text}`;
  if (scheme === 'm1h') return [createHmac('sha256', secret).update(signed).digest('hex')];
  const inner = hash('sha256', `${secret}\n${signed}`);
  return [inner, inner.toUpperCase()].map((each) => hash('sha256', `${secret}\n${each}`));
}
