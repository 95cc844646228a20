import { partDefiner } from '../../pipeline/part.ts';
import type { SlotValue } from '../../pipeline/slot.ts';
import type { RepositoryFacts } from '../optimizer/repository-facts.ts';
import type { brief, verdict } from '../slots.ts';

/** The name of the researcher that asks nobody. */
export const LOCAL = 'local';

/** What is to be found out. */
export interface Question {
  readonly task: SlotValue<typeof verdict>;
  readonly facts: RepositoryFacts;
  /** All of it that may leave this machine: the request and the public packages, without secrets and paths. */
  readonly outgoing: string;
}

/** What was found. `text` may hold `[n]` for the sources; what is foreign in it need not be clean. */
export interface Finding
  extends Pick<SlotValue<typeof brief>, 'by' | 'text' | 'notes' | 'sources' | 'costUsd' | 'tokens'> {
  /** The answer stopped at a limit of its length. */
  readonly cut?: boolean;
}

export interface ResearchContext {
  /** Aborted when the run is over or the time is up: stop, and reject with its reason. */
  readonly signal: AbortSignal;
  /** What is searched for on the web just now, for somebody who waits. */
  searching(queries: readonly string[]): void;
}

/** Somebody who can look into a request before the agent does. */
export interface Researcher {
  readonly name: string;
  /** It works on this machine, costs nothing and always has an answer. */
  readonly offline?: true;
  /** What its answers depend on beside the question (a model, an address): another one is asked anew within the day. */
  readonly variant?: string;
  /** Why it cannot be asked, as a sentence. */
  readonly unusable?: string;
  /** What the person should know of how it was asked, as a sentence. */
  readonly remark?: string;
  /** Rejects with a MiltonError that says why there is nothing, or with the signal's reason; what the text cannot be read from counts as nothing. */
  research(question: Question, context: ResearchContext): Promise<Finding>;
}

/** The kind of part that `research({ providers })` holds. */
export const RESEARCHER = 'researcher';

/** Defines a researcher: `export const wiki = defineResearcher({ name: 'wiki', options, create: (host) => … })`. */
export const defineResearcher = partDefiner<Researcher>(RESEARCHER);
