export interface Question {
  readonly title: string;
  readonly body?: string;
  readonly choices: readonly string[];
  /** Milliseconds until `onTimeout` is the answer. */
  readonly timeout: number;
  readonly onTimeout: string;
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

/** `choices`: the answer is none of these, and nothing was recorded. */
export type AnswerResult = 'accepted' | 'late' | 'unknown' | { readonly choices: readonly string[] };
