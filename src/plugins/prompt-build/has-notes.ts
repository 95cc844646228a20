import type { PromptInput } from './section.ts';

/** Whether there are notes from the web: a local brief says nothing that the other sections do not say. */
export const hasNotes = ({ task, brief: { offline, text } }: PromptInput): boolean =>
  !task.continues && !offline && text.trim() !== '';
