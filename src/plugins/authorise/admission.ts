import type { Notice } from '../../pipeline/message.ts';
import type { Run } from '../../pipeline/plugin.ts';
import type { Clean } from '../../pipeline/services/clean.ts';
import type { Keys } from '../../pipeline/services/keys/keys.ts';
import { readReply } from '../../pipeline/services/keys/reply-proof.ts';
import type { Clock } from '../../pipeline/services.ts';
import { shortLine } from '../../pipeline/short-line.ts';
import type { SlotValue } from '../../pipeline/slot.ts';
import type { Strangers } from '../../pipeline/transport.ts';
import type { proof } from '../slots.ts';
import type { Codes } from './codes.ts';
import { staleness, type Window } from './freshness.ts';
import type { Refusal } from './refusals.ts';
import { isGenuine, readSignature } from './signature.ts';
import { readCode } from './totp.ts';

/** What is to become of a message. */
export type Admission =
  /** It passes, with this text. */
  | { readonly proof: SlotValue<typeof proof>; readonly text: string }
  /** It is its person's, and is not carried out all the same: they are told. */
  | { readonly told: Notice }
  /** It came before. */
  | 'again'
  | { readonly refused: Refusal }
  /** Somebody at this machine has said no, or nothing. */
  | { readonly ended: 'cancelled' | 'expired' };

export type Mode = 'signed' | 'totp' | 'acl' | 'pairing' | 'open';
export type AuthoriseRun = Pick<Run, 'id' | 'message' | 'first' | 'marked' | 'ask'>;

export interface Judge {
  readonly keys: Keys;
  readonly clock: Clock;
  readonly codes: Codes;
  readonly window: Window;
  /** What is shown of a message is cleaned before it is cut. */
  readonly clean: Clean;
}

/** Decides by what a message itself proves; undefined where it proves nothing. */
export async function admit(run: AuthoriseRun, mode: Mode, judge: Judge): Promise<Admission | undefined> {
  if (mode === 'open') return { proof: 'none', text: unproven(run.message.text) };
  return (
    (await byButton(run, judge)) ??
    (await bySignature(run, judge)) ??
    (mode === 'totp' ? await byCode(run, judge) : undefined)
  );
}

/** A message without what it bears as a proof. */
function unproven(text: string): string {
  return readReply(text, undefined)?.text ?? readSignature(text)?.text ?? text;
}

async function byButton(run: AuthoriseRun, { keys, clock, clean }: Judge): Promise<Admission | undefined> {
  const reply = readReply(run.message.text, keys.current().replies);
  if (!reply) return undefined;
  const { text, until, genuine } = reply;
  if (!genuine) return { refused: 'forged' };
  const key = `button:${text}`;
  if (!run.marked(key)) {
    // By Milton's own clock, since a server could hold the tap back and date it as it likes.
    const why = clock.now() > until ? 'is too old' : (await run.first(key)) ? undefined : 'was used already';
    // Whoever reads the notice can send it as often as they like: its person hears of that once.
    if (why !== undefined && !(await run.first(`told:${key}`))) return 'again';
    if (why !== undefined) return { told: notice(`That button ${why}`, clean(text)) };
  }
  return { proof: 'button', text };
}

async function bySignature(run: AuthoriseRun, { keys, clock, window, clean }: Judge): Promise<Admission | undefined> {
  const { text: message, at: sent } = run.message;
  const signed = readSignature(message);
  if (!signed) return undefined;
  const { signing } = keys.current();
  if (signing.length === 0) return { refused: 'no key' };
  if (!isGenuine(signed, signing)) return { refused: 'forged' };
  const { text, at, signature } = signed;
  const key = `signature:${signature}`;
  // A run that was held has passed before, and need not be fresh any more.
  if (!run.marked(key)) {
    if (!(await run.first(key))) return 'again';
    const stale = staleness({ signed: at, sent, now: clock.now() }, window);
    if (stale !== undefined) return { told: notice(stale, clean(text)) };
  }
  return { proof: 'signature', text };
}

async function byCode(run: AuthoriseRun, { keys, clock, codes, window, clean }: Judge): Promise<Admission | undefined> {
  const written = readCode(run.message.text);
  const { totp } = keys.current();
  if (!written || totp === undefined) return undefined;
  const { code, text } = written;
  const passed = `code:${run.message.id}`;
  if (run.marked(passed)) return { proof: 'code', text };
  const sent = Date.parse(run.message.at);
  const step = codes.check(code, totp, { now: clock.now(), sent });
  if (step === 'locked') return { refused: 'locked' };
  if (step === 'wrong' || !(await run.first(`code:${step}`))) return { refused: 'code' };
  const stale = staleness({ signed: run.message.at, sent: run.message.at, now: clock.now() }, window);
  if (stale !== undefined) return { told: notice(stale, clean(text)) };
  await run.first(passed);
  return { proof: 'code', text };
}

/** Whether the server itself keeps strangers out. */
export async function byServer({ message }: AuthoriseRun, strangers: Strangers | undefined): Promise<Admission> {
  const closed = strangers === undefined || (await strangers.mayWrite()) === false;
  return closed ? { proof: 'server', text: message.text } : { refused: 'server' };
}

/** Characters of a message. */
const SHOWN = 200;

/** That a genuine message is not carried out. */
function notice(why: string, text: string): Notice {
  const sentence = /[.!?]$/.test(why) ? why : `${why}.`;
  return {
    title: '🚫 Not carried out',
    body: `${sentence} Nothing was run.\n${shortLine(text, SHOWN)}`,
    kind: 'final',
    priority: 4,
  };
}
