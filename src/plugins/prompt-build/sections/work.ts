import type { TaskKind } from '../../optimizer/task-kind.ts';
import { isNewCode } from '../is-new-code.ts';
import { list } from '../list.ts';
import type { Section } from '../section.ts';

const READ = 'Read before you write: the code that the task touches, what calls it, and its tests.';

const OWN: Readonly<Record<TaskKind, readonly string[]>> = {
  feature: [
    READ,
    'Find the nearest existing example of such a feature in this repository, and follow it from end to end: structure, wiring, error handling, tests, docs.',
    'Walk the new path as its user would: it must be reachable, not only written.',
  ],
  fix: [
    READ,
    'Reproduce the symptom before you change anything, with a test that fails for the reason the task describes. If you cannot, report what you tried, and do not guess.',
    'Follow the wrong value or call back to where it first goes wrong, and mend it there. A catch, a retry, a default or a special case that hides the symptom is no fix.',
    'Then look for the same mistake in similar places.',
  ],
  test: [
    READ,
    'List what the code promises, and what of that no test holds: branches, edges, errors. Begin with what would hurt most if it broke.',
    'Test what a caller or user can see, through the public interface, not how it is done. Follow the nearest existing test in place, names and helpers.',
    'See each new test fail once: break the code for a moment, and put it back as it was.',
  ],
  refactor: [
    READ,
    'Run the tests before you change anything, and keep the result: it is what you compare with.',
    'Where no test holds the code that you will change, first write one that records what it does now.',
    'Go in small steps that each leave the tests green. Behaviour and public interfaces stay; report what would change them instead of doing it.',
  ],
  docs: [
    'Read the code that the text is about. Check every statement against it as it is now, not against memory or older text.',
    'Run each command and each example that you show.',
    'Write where people look for it, as short and in the tone of what stands around it. Search for other places that say the same, and correct them as well.',
  ],
  question: [
    'This asks, and may need no change. Then change nothing: find the answer, and report it.',
    'Look it up in the code, the tests and the history (`git log`, `git blame`), and run what shows it. Do not answer from memory.',
    'Note the place of each claim about this code as `file:line`.',
    'If it does ask for a change, make the smallest one that does it, in the patterns that are there.',
  ],
};

const EVERY_CHANGE = [
  'If more than one file will change, write a short plan before the first edit: which files, in which order, how each step is checked. If one sentence describes the whole diff, just make it.',
  'Make the smallest change that does the whole task: no unrelated edits, no placeholders, no dead code.',
  'Keep to the names, patterns and style that are there. Use what the repository has before you write it anew.',
  'At the end, read your own diff against the task and each acceptance criterion, and mend what is missing.',
];

/** How to go about it. */
export const work: Section = (input) =>
  isNewCode(input)
    ? list('How to work', [...OWN[input.kind], ...(input.kind === 'question' ? [] : EVERY_CHANGE)])
    : undefined;
