import type { Notice } from '../../pipeline/message.ts';
import type { Run } from '../../pipeline/plugin.ts';
import type { Clean } from '../../pipeline/services/clean.ts';
import type { Keys } from '../../pipeline/services/keys/keys.ts';
import type { Clock } from '../../pipeline/services.ts';
import { shortLine } from '../../pipeline/short-line.ts';
import type { SlotValue } from '../../pipeline/slot.ts';
import type { JobStore } from '../../pipeline/store/job-store.ts';
import type { proof } from '../slots.ts';
import type { Codes } from './codes.ts';
import type { Window } from './freshness.ts';
import type { Refusal } from './refusals.ts';

/** What is to become of a message. */
export type Admission =
  /** It passes, with this text. */
  | { readonly proof: SlotValue<typeof proof>; readonly text: string }
  /** It is its person's, and is not carried out all the same: they are told. */
  | { readonly told: Notice }
  /** It came before. */
  | 'again'
  | { readonly refused: Refusal }
  /** Its person, or somebody at this machine, has said no, or nobody anything. */
  | { readonly ended: 'cancelled' | 'expired' };

export type Mode = 'signed' | 'totp' | 'acl' | 'pairing' | 'open';
export type AuthoriseRun = Pick<Run, 'id' | 'message' | 'first' | 'marked' | 'ask'>;

export interface Judge {
  readonly keys: Keys;
  readonly clock: Clock;
  readonly codes: Codes;
  readonly window: Window;
  readonly store: () => JobStore;
  /** What is shown of a message is cleaned before it is cut. */
  readonly clean: Clean;
}

/** Characters of a message. */
const SHOWN = 200;

/** That a genuine message is not carried out. */
export function notCarriedOut(why: string, text: string): Admission {
  const sentence = /[.!?]$/.test(why) ? why : `${why}.`;
  const body = `${sentence} Nothing was run.\n${shortLine(text, SHOWN)}`;
  return { told: { title: '🚫 Not carried out', body, kind: 'final', priority: 4 } };
}
