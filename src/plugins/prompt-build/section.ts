import type { SlotValue } from '../../pipeline/slot.ts';
import type { RepositoryFacts } from '../research/repository-facts.ts';
import type { brief, verdict } from '../slots.ts';

/** What a prompt is made of. */
export interface PromptInput {
  readonly task: SlotValue<typeof verdict>;
  readonly facts: RepositoryFacts;
  readonly brief: SlotValue<typeof brief>;
}

/** One part of a prompt; undefined where it has nothing to say. */
export type Section = (input: PromptInput) => string | undefined;

/** Joins the sections that have something to say. */
export function buildPrompt(sections: readonly Section[], input: PromptInput): string {
  return sections
    .map((section) => section(input))
    .filter((text) => text !== undefined)
    .join('\n\n');
}

/** A heading with lines under it, each a list item. */
export const list = (heading: string, lines: readonly string[]): string =>
  [`# ${heading}`, ...lines.map((line) => `- ${line}`)].join('\n');
