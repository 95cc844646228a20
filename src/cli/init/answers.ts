/** Who can do the work. */
export type AgentName = 'claude' | 'codex' | 'rehearsal';

/** How requests reach Milton from the phone: through the Shortcut, which signs; typed, with a one-time code; or believed as they are. */
export type Sending = 'shortcut' | 'codes' | 'acl';

/** The ntfy server, and how Milton logs in there. */
export interface Server {
  readonly baseUrl: string;
  readonly token?: string;
  readonly user?: string;
  readonly password?: string;
}

/** What a set-up is made of. */
export interface Answers {
  readonly repository: {
    /** What a message can call it. */
    readonly name: string;
    readonly path: string;
    /** The command that tests it, where its files tell. */
    readonly test?: string | undefined;
  };
  /** The default one first. */
  readonly agents: readonly AgentName[];
  readonly server: Server;
  readonly askTopic: string;
  readonly answerTopic: string;
  readonly sending: Sending;
  readonly perplexityKey?: string;
}
