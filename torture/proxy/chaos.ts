/** The kinds of calls Milton makes to an ntfy server. */
export type Call = 'subscribe' | 'poll' | 'publish' | 'file';

/** What the proxy does to the calls that pass through it; each part is off where it is absent. */
export interface Chaos {
  /** Cuts connections: of each kind of call this share; a subscription within `most` ms, mostly within `mostly`. */
  readonly cut?: {
    readonly share: Readonly<Partial<Record<Call, number>>>;
    readonly most: number;
    readonly mostly: number;
  };
  /** Makes subscriptions half-open within so many ms: nothing more is passed on, and no end is told. */
  readonly hang?: { readonly within: number; readonly share: number };
  /** Answers these calls instead of the server. */
  readonly answers?: Readonly<Partial<Record<Call, Answer>>>;
  /** Passes each message on 1 to `copies` times, in any order within `window` ms. */
  readonly shuffle?: { readonly copies: number; readonly window: number };
  /** Asks the server for all it has, whatever Milton asks for. */
  readonly replay?: boolean;
  /** Gives subscriptions a keepalive every so many ms, in place of the server's own, which come every 5 s at most. */
  readonly keepalive?: number;
  /** Refuses every connection, as where there is no network. */
  readonly offline?: boolean;
  /** Mixes so many lines of rubbish into every subscription. */
  readonly rubbish?: { readonly lines: number };
}

/** What a call gets instead of the server's answer. */
export type Answer =
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly body?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** The connection is reset without an answer. */
  | { readonly kind: 'reset' }
  /** The request is taken, and nothing is ever answered. */
  | { readonly kind: 'mute' }
  /** The answer begins and goes no further. */
  | { readonly kind: 'stall' }
  /** The answer comes one byte at a time. */
  | { readonly kind: 'slow' };

/** What the proxy counted. */
export interface Counts {
  readonly calls: Readonly<Record<Call, number>>;
  /** Connections it cut or reset, by kind of call. */
  readonly cuts: Readonly<Record<Call, number>>;
  /** Calls that got its own answer. */
  readonly answered: number;
  /** Subscriptions it made half-open, and after how many ms Milton gave each up. */
  readonly hung: number;
  readonly givenUp: readonly number[];
  /** For how many ms each of the others has been half-open. */
  readonly hanging: readonly number[];
  /** Lines of messages passed to Milton. */
  readonly lines: number;
  readonly rubbish: number;
  /** Subscriptions that stand now and have begun to answer. */
  readonly open: number;
}
