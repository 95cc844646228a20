import { hasNotes } from '../has-notes.ts';
import { list } from '../list.ts';
import type { Section } from '../section.ts';

const HONEST = 'Report only what you did and saw. What is not done, or fails, comes first.';

/** What the last answer must say: it is all that the phone shows of the work. */
export const report: Section = (input) => {
  const { task, kind } = input;
  if (task.kind === 'RESEARCH') {
    return list('Answer', [
      'For a phone: the answer in the first two sentences, then at most 15 short lines of reasons and details.',
      'Name the place of each claim about this code as `file:line`.',
      ...(hasNotes(input) ? ['Keep the [n] of the background with each claim taken from it.'] : []),
      'Say what is not known or was not found. No preamble.',
    ]);
  }
  if (kind === 'question') {
    return list('Report', [
      'End with at most 10 short lines for a phone: the answer in the first two, then the reasons with `file:line`, what you ran, and what is not known. If you changed anything, say what and in which files. No headings, no preamble.',
      HONEST,
    ]);
  }
  return list('Report', [
    `End with at most 10 short lines for a phone: what changed and why${kind === 'fix' ? ' (the cause, not only the symptom)' : ''}; the files; each test command with its result; risks and what you assumed; the next step. No headings, no preamble.`,
    HONEST,
  ]);
};
