/** One text from a person, as a transport received it. */
export interface Message {
  /** Unique for ever and stable across redelivery; a transport prefixes its own name (`ntfy:CTxqgXjFNWhd`). */
  readonly id: string;
  /** The transport it came from, which is where its notices go. */
  readonly transport: string;
  readonly text: string;
  /** The channel inside the transport (an ntfy topic), where there is one. */
  readonly topic?: string;
  /** When it was sent, by the server's clock where there is one (ISO 8601). */
  readonly at: string;
  /** How late it came, where the transport can tell. */
  readonly late?: Lateness;
  /** Files that came with it and were not read; the phone is told so. */
  readonly unread?: readonly UnreadFile[];
}

/** How late a message came: `ms` from its sending to its arrival, and whether Milton was away (`missed`) when it was sent. */
export interface Lateness {
  readonly ms: number;
  readonly missed: boolean;
}

/** A file that came with a message, and why Milton has not read it, as the end of a sentence: `it is no text`. */
export interface UnreadFile {
  readonly name: string;
  readonly why: string;
}

/** A delivered message; `settle()` says that intake is done with it for good, so the transport's cursor may pass it. */
export interface Delivery {
  readonly message: Message;
  settle(): void;
}

/**
 * How a notice is treated: `progress` may be replaced by a newer one before it is sent, the others never are. A `question` is
 * retried until its run is over, a `final` notice, the last word on a request or a message, until the transport takes it.
 */
export type NoticeKind = 'progress' | 'milestone' | 'reply' | 'question' | 'final';

/** A button: opens a page, or sends a text back to Milton as if the person had typed it. */
export type NoticeAction = { readonly label: string } & ({ readonly url: string } | Reply);

/** What a button sends. A transport that strangers can reach adds a proof to it that the text comes from this very notice. */
export interface Reply {
  readonly reply: string;
  /** Whoever sends it does no harm: it stops something, or says what would happen anyway. */
  readonly harmless?: true;
  /** After when it counts no longer, in ms since the epoch; some hours after it was sent unless given. */
  readonly until?: number;
}

/** Something to tell the person. */
export interface Notice {
  readonly title: string;
  readonly body?: string;
  readonly kind?: NoticeKind;
  /** 1 (silent) to 5 (urgent), as ntfy counts; 3 when absent. */
  readonly priority?: 1 | 2 | 3 | 4 | 5;
  /** ntfy tag names, shown as emoji or words. */
  readonly tags?: readonly string[];
  /** Opened by a tap on the notice. */
  readonly click?: string;
  /** At most three. */
  readonly actions?: readonly NoticeAction[];
  /** Tells two notices of one step apart; without it equal content is one notice. */
  readonly key?: string;
}
