import { span } from '../span.ts';

const MINUTE = 60_000;

export interface Window {
  /** How far the time of signing and the time of sending may be apart, in ms. */
  readonly apart: number;
  /** How old a signature may be, by Milton's own clock, in ms. */
  readonly oldest: number;
}

/** As Standard Webhooks has it, and as long as an ntfy server keeps messages, with a little for its way. */
export const WINDOW: Window = { apart: 5 * MINUTE, oldest: 12 * 60 * MINUTE + 5 * MINUTE };

/** Clocks differ; but what is signed for next year would count again once it is forgotten that it came. In ms. */
const AHEAD = 60 * MINUTE;

interface Times {
  /** When it was signed, as its sender wrote it. */
  readonly signed: string;
  /** When it was sent, by the server's clock (ISO 8601); a server can forge that, and gains nothing. */
  readonly sent: string;
  /** By Milton's own clock, in ms. */
  readonly now: number;
}

/** Why a genuine signature no longer counts, as a sentence; undefined where it does. */
export function staleness({ signed, sent, now }: Times, { apart, oldest }: Window): string | undefined {
  const at = Date.parse(signed);
  if (Number.isNaN(at)) return `"${signed}" is no date and time that Milton can read: use ISO 8601.`;
  const before = Date.parse(sent) - at;
  if (before > apart) {
    return `It was signed ${span(before)} before it was sent. Scheduled messages are not run: send it again when it is to be done.`;
  }
  if (before < -apart) return `It was signed ${span(-before)} after it was sent: set the clock of the phone.`;
  if (at - now > AHEAD) return `It was signed ${span(at - now)} ahead of this machine's clock: set one of the two.`;
  if (now - at > oldest)
    return `It was signed ${span(now - at)} ago, and at most ${span(oldest)} are allowed. Send it again.`;
  return undefined;
}
