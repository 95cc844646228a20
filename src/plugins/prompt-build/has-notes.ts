import { LOCAL } from '../research/researcher.ts';
import type { PromptInput } from './section.ts';

/** Whether there are notes from the web: a local brief says nothing that the other sections do not say. */
export const hasNotes = ({ task, brief: { by, text } }: PromptInput): boolean =>
  !task.continues && by !== LOCAL && text.trim() !== '';
