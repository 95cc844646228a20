export interface Question {
  readonly title: string;
  readonly body?: string;
  readonly choices: readonly string[];
  /** Milliseconds until `onTimeout` is the answer. */
  readonly timeout: number;
  readonly onTimeout: string;
  /** `machine`: anything but `onTimeout` must be answered on the machine itself (`milton approve`); from the phone, too, unless set. */
  readonly where?: 'phone' | 'machine';
}

export interface Answer {
  readonly choice: string;
  readonly by: 'person' | 'timeout';
}

/** A question as the store holds it; times in ms since the epoch, set when it was first asked. */
export interface StoredQuestion {
  readonly id: string;
  readonly askedAt: number;
  readonly deadline: number;
  readonly answer: Answer | undefined;
}

/** A question of a job. */
export interface AskedQuestion extends StoredQuestion {
  /** Names it within its run. */
  readonly key: string;
  readonly choices: readonly string[];
  readonly onTimeout: string;
  readonly where: NonNullable<Question['where']>;
  /** Whether an answer would still count. */
  readonly open: boolean;
}

/** `choices`: the answer is none of these, and nothing was recorded; `machine`: it counts only when given there; `unsigned`: only when signed. */
export type AnswerResult =
  | 'accepted'
  | 'late'
  | 'unknown'
  | 'machine'
  | 'unsigned'
  | { readonly choices: readonly string[] };
