import { createHmac, timingSafeEqual } from 'node:crypto';

const TRAILER = /\nr1 (\d{9,11}) ([0-9a-f]{32})$/;

/** What a button sends, with a proof that it comes from a notice: good for this very text, until then (ms since the epoch). */
export function proveReply(reply: string, until: number, key: string): string {
  const text = reply.trim();
  const seconds = Math.floor(until / 1000);
  return `${text}\nr1 ${seconds} ${proofOf(text, seconds, key)}`;
}

/** A message that bears such a proof, whether it is genuine or not. */
export interface ProvenReply {
  /** Without the proof. */
  readonly text: string;
  /** Until when it counts, in ms since the epoch. */
  readonly until: number;
  readonly genuine: boolean;
}

/** Reads the proof at the end of a message; undefined where it bears none. */
export function readReply(message: string, key: string | undefined): ProvenReply | undefined {
  const whole = message.trim();
  const [trailer, seconds = '', proof = ''] = TRAILER.exec(whole) ?? [];
  if (trailer === undefined) return undefined;
  const text = whole.slice(0, -trailer.length);
  const genuine =
    key !== undefined && timingSafeEqual(Buffer.from(proofOf(text, Number(seconds), key)), Buffer.from(proof));
  return { text, until: Number(seconds) * 1000, genuine };
}

const proofOf = (text: string, seconds: number, key: string) =>
  createHmac('sha256', key).update(`r1\n${seconds}\n${text}`).digest('hex').slice(0, 32);
