import type { PromptInput } from './section.ts';

/** Whether this is a CODE request of its own: an agent that goes on with a conversation knows the rest. */
export const isNewCode = ({ task }: PromptInput): boolean => task.kind === 'CODE' && !task.continues;
