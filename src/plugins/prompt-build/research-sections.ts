import { background, repository } from './common-sections.ts';
import { list, type Section } from './section.ts';

const question: Section = ({ task }) => `# Question\n${task.text}`;

const readOnly: Section = () =>
  list('Read only', [
    'Answer the question. Change, create and delete nothing: no files, no commits, no installs.',
    'Look into the code where the question is about it; a general question needs no look.',
    'Nobody can answer questions now. Where the question is ambiguous, answer the likeliest reading and name it.',
  ]);

const answer: Section = () =>
  list('Answer', [
    'For a phone: the answer in the first two sentences, then at most 15 short lines of reasons and details.',
    'Name the place of each claim about this code as `file:line`; keep the [n] of the background with each claim taken from it.',
    'Say what is not known or was not found. No preamble.',
  ]);

/** The prompt of a RESEARCH request, in order. */
export const RESEARCH_SECTIONS: readonly Section[] = [question, readOnly, repository, background, answer];

/** What an agent is told that goes on answering: it knows the rest. */
export const CONTINUED_RESEARCH: readonly Section[] = [question, readOnly, answer];
