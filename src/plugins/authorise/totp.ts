import { createHmac, timingSafeEqual } from 'node:crypto';

const STEP = 30_000;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const MESSAGE = /^\s*(\d{3})[ -]?(\d{3})[\s:,.]+(\S.*)$/s;

/** A message that begins with a one-time code: `123456 CODE: add a login page`. */
export function readCode(message: string): { readonly code: string; readonly text: string } | undefined {
  const [, first, second, text] = MESSAGE.exec(message) ?? [];
  return first === undefined || second === undefined || text === undefined ? undefined : { code: first + second, text };
}

/** The code of a moment (ms since the epoch), as RFC 6238 has it: six digits, 30 s. `secret` in base 32. */
export function codeAt(secret: string, ms: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(ms / STEP)));
  const mac = createHmac('sha1', fromBase32(secret)).update(counter).digest();
  const offset = mac.at(-1)! & 0xf;
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** The number of the 30 s that a code belongs to, where it is of these, the last or the next; undefined otherwise. */
export function stepOf(code: string, secret: string, ms: number): number | undefined {
  let found: number | undefined;
  for (const at of [ms - STEP, ms, ms + STEP]) {
    if (timingSafeEqual(Buffer.from(codeAt(secret, at)), Buffer.from(code))) found = Math.floor(at / STEP);
  }
  return found;
}

function fromBase32(text: string): Buffer {
  const bits = Array.from(text, (letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

/** Bytes as an authenticator app wants them. */
export function toBase32(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? []).map((five) => ALPHABET[Number.parseInt(five.padEnd(5, '0'), 2)]).join('');
}
