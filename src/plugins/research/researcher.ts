import type { SlotValue } from '../../pipeline/slot.ts';
import type { brief, verdict } from '../slots.ts';
import type { RepositoryFacts } from './repository-facts.ts';

/** What is to be found out. */
export interface Question {
  readonly task: SlotValue<typeof verdict>;
  readonly facts: RepositoryFacts;
}

/** What was found. */
export type Finding = Omit<SlotValue<typeof brief>, 'fallback'>;

/** Someone who can look into a request before the agent does. */
export interface Researcher {
  readonly name: string;
  /** Rejects with a MiltonError that says why there is nothing, or with the signal's reason. */
  research(question: Question, signal: AbortSignal): Promise<Finding>;
}
