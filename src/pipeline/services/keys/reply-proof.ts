import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * How the text of a button comes back: by a tap, which sends it as it is (`r1`), or through the Shortcut, which signs it (`r2`). A proof of
 * one kind is none of the other: whoever can read a notice with a link could else send what it links to.
 */
export type Way = 'tap' | 'link';

const MARKS = { tap: 'r1', link: 'r2' } as const;
const TRAILER = /\n(r[12]) (\d{9,11}) ([0-9a-f]{32})$/;

/** What a button sends, with a proof that it comes from a notice: good for this very text, until then (ms since the epoch). */
export function proveReply(reply: string, until: number, key: string, way: Way = 'tap'): string {
  const text = reply.trim();
  const seconds = Math.floor(until / 1000);
  return `${text}\n${MARKS[way]} ${seconds} ${proofOf(text, seconds, key, MARKS[way])}`;
}

/** A message that bears such a proof, whether it is genuine or not. */
export interface ProvenReply {
  /** Without the proof. */
  readonly text: string;
  readonly way: Way;
  /** Until when it counts, in ms since the epoch. */
  readonly until: number;
  readonly genuine: boolean;
}

/** Reads the proof at the end of a message; undefined where it bears none. */
export function readReply(message: string, keys: readonly string[]): ProvenReply | undefined {
  const whole = message.trim();
  const [trailer, mark = '', seconds = '', proof = ''] = TRAILER.exec(whole) ?? [];
  if (trailer === undefined) return undefined;
  const text = whole.slice(0, -trailer.length);
  let genuine = false;
  for (const key of keys) {
    const computed = proofOf(text, Number(seconds), key, mark);
    genuine = timingSafeEqual(Buffer.from(computed), Buffer.from(proof)) || genuine;
  }
  return { text, way: mark === MARKS.tap ? 'tap' : 'link', until: Number(seconds) * 1000, genuine };
}

const proofOf = (text: string, seconds: number, key: string, mark: string) =>
  createHmac('sha256', key).update(`${mark}\n${seconds}\n${text}`).digest('hex').slice(0, 32);
