import type { Kind } from '../classify/reading.ts';

const COMMON =
  'Search the web and rely on current, primary sources: official documentation, release notes, security advisories. ' +
  'Cite sources as [n] after each claim. Say plainly what you could not confirm. Plain text or simple Markdown, no preamble.';

/** What the researching model is told beside the request itself. */
export const INSTRUCTIONS: Readonly<Record<Kind, string>> = {
  CODE:
    'You prepare notes for an engineer who will carry out the request below in an existing repository that you cannot see. ' +
    'Do not write the code. In at most 400 words: the current recommended approach for exactly these package versions, ' +
    `pitfalls and breaking changes, security points, and what to test. ${COMMON}`,
  RESEARCH:
    'Answer the question below for an engineer who reads on a phone: first the answer in two or three sentences, then the ' +
    `reasons, options and trade-offs, in at most 600 words. ${COMMON}`,
};
