import type { Notice } from '../message.ts';
import type { AnswerResult } from './question.ts';

export type CancelResult = 'cancelled' | 'requested' | 'finished' | 'unknown';
/** `unqueued`: it ended before it reached `queue()`, so there is nothing that could be queued again. */
export type RetryResult = { readonly ahead: number } | 'open' | 'unqueued' | 'unknown';

/** The effect of a phone command, carried out in the same transaction as the message that asked for it. */
export type Effect =
  | {
      readonly do: 'cancel';
      readonly job: string;
      /** The final notice of a job that had not begun, or was held. */
      readonly final: Notice;
      reply(result: CancelResult): Notice | undefined;
    }
  | {
      readonly do: 'answer';
      readonly question: string;
      readonly choice: string;
      /**
       * Where it is given; from the phone unless set. `unsigned`: from the phone, and somebody on the way may have changed what it says, so that
       * nothing but what happens anyway is taken.
       */
      readonly from?: 'machine' | 'unsigned';
      reply(result: AnswerResult): Notice | undefined;
    }
  | {
      readonly do: 'retry';
      readonly job: string;
      /** The id of the new, linked job. */
      readonly as: string;
      reply(result: RetryResult): Notice | undefined;
    };
