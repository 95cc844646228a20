import type { Section } from '../section.ts';

/** The request, word for word. */
export const task: Section = ({ task: { kind, text } }) => `# ${kind === 'CODE' ? 'Task' : 'Question'}\n${text}`;
