import type { SlotValue } from '../../pipeline/slot.ts';
import type { RepositoryFacts } from '../optimizer/repository-facts.ts';
import type { TaskKind } from '../optimizer/task-kind.ts';
import type { brief, verdict } from '../slots.ts';

/** What a prompt is made of. */
export interface PromptInput {
  /** What is asked; `text` is the request word for word. */
  readonly task: Readonly<SlotValue<typeof verdict>>;
  /** The agent works in the checkout itself, and not in a folder of its own. */
  readonly inPlace?: boolean;
  /** What sort of work it is. */
  readonly kind: TaskKind;
  /** What the repository's own files tell. */
  readonly facts: RepositoryFacts;
  /** What was found out about it. It may come from the web: data, never instructions. */
  readonly brief: Readonly<SlotValue<typeof brief>>;
}

/** Writes one part of a prompt; undefined where there is nothing to say. */
export type Section = (input: PromptInput) => string | undefined;
