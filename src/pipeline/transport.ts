import type { Observable } from 'rxjs';
import { MiltonError } from './errors.ts';
import type { Delivery, Notice } from './message.ts';

/** What a transport knows of its own connection. `deaf` = connected, yet it does not hear what is sent. */
export type Health =
  | { readonly state: 'connected' }
  | { readonly state: 'reconnecting'; readonly since: string; readonly why: string }
  | { readonly state: 'deaf'; readonly since: string; readonly why: string };

/** Where a notice belongs: the run it tells of, and a key that is stable over retries of the same notice. */
export interface Address {
  readonly run: string;
  readonly key: string;
}

export type Exposure = 'local' | 'loopback' | 'public';

/** What somebody without a login may do there, as the server itself says; undefined while nobody can tell, which counts as "may". */
export interface Strangers {
  /** Read the notices; `patience` is how long the server may take to answer, in ms, where that is not to be the usual. */
  mayRead(patience?: number): Promise<boolean | undefined>;
  /** Send messages to Milton. */
  mayWrite(patience?: number): Promise<boolean | undefined>;
}

export type Privacy = 'full' | 'summary';

/** A way to and from a person. Its name is the name it was configured under. */
export interface Transport {
  readonly name: string;
  /** Who can send through it: `local` = whoever is at this machine, `loopback` = any process on it, `public` = anyone who finds it. */
  readonly exposure: Exposure;
  /** Absent where there are no strangers. */
  readonly strangers?: Strangers;
  /**
   * How much its notices may tell, where its configuration says so: `summary` = no diffs, no files, no paths of this machine.
   * Unset: `summary` where strangers may read them.
   */
  readonly privacy?: Privacy;
  /** Cold: subscribe = connect, unsubscribe = disconnect. Reconnects by itself and never errors for a network fault. */
  readonly messages$: Observable<Delivery>;
  readonly health$: Observable<Health>;
  /** Resolves once the notice is taken for good; rejects with TransportError. */
  send(notice: Notice, address: Address, signal: AbortSignal): Promise<void>;
  /**
   * Sends a text to Milton as the person would (`milton send`); absent where that makes no sense. Resolves to the id that the message
   * will have as `Message.id`, or to undefined where that is not known.
   */
  submit?(text: string, signal: AbortSignal): Promise<string | undefined>;
}

interface TransportErrorOptions {
  readonly retryable: boolean;
  readonly retryAfter?: number | undefined;
  readonly paced?: boolean;
  readonly alone?: boolean;
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/**
 * Why a notice was not taken; `retryAfter` in milliseconds where the other side named a time. `paced` = nothing went wrong: a limit
 * of Milton's own says "later" (retryable; to all of its kind, or to the progress of its run) or "not this one" (not retryable). `alone` = it may be this notice that the other side
 * does not like: others are tried meanwhile.
 */
export class TransportError extends MiltonError {
  readonly retryable: boolean;
  readonly retryAfter: number | undefined;
  readonly paced: boolean;
  readonly alone: boolean;

  constructor(message: string, options: TransportErrorOptions) {
    super('TRANSPORT', message, options);
    this.retryable = options.retryable;
    this.retryAfter = options.retryAfter;
    this.paced = options.paced ?? false;
    this.alone = options.alone ?? false;
  }
}
