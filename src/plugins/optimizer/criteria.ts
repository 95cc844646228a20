import { CHECKS } from './facts/facts.ts';
import type { RepositoryFacts } from './repository-facts.ts';
import type { TaskKind } from './task-kind.ts';
import { topicsOf } from './topics.ts';

const CRITERIA: Readonly<Record<TaskKind, readonly string[]>> = {
  feature: [
    'What the task asks for works from end to end, also with empty, wrong and very large input.',
    'New tests cover the new behaviour, its edges included; they fail without the change.',
    'What worked before still works.',
  ],
  fix: [
    'The cause is found and named, and the change removes the cause, not the symptom.',
    'A new test reproduces the fault: it fails before the change and passes after it.',
    'The same mistake does not remain in similar places.',
  ],
  test: [
    'The new tests assert behaviour that a person would notice, and fail when that behaviour breaks.',
    'They are deterministic, quick and independent of their order.',
    'The code under test is unchanged, unless a test shows a fault in it: then say so.',
  ],
  refactor: [
    'Behaviour and public interfaces stay the same; the existing tests pass without being weakened.',
    'The old form is gone: no duplicates, no dead code, no leftover names.',
    'The change does nothing that the task does not ask for.',
  ],
  docs: [
    'Every statement agrees with the code as it is; each command shown was run.',
    'The text is short, in the style of what is there, and stands where people look for it.',
    'No code changes behaviour.',
  ],
  question: [
    'The question is answered in the first sentences.',
    'Claims about this code name the file and line they rest on.',
    'What could not be found out is said plainly.',
  ],
};

/** What must be true when the task is done: three to six checkable sentences for this sort of work and what it is about. */
export function acceptanceCriteria(kind: TaskKind, facts: RepositoryFacts, text: string): string[] {
  const checks = kind === 'question' ? [] : checksOf(facts);
  const passing = checks.length > 0 ? [`These pass: ${checks.map((check) => `\`${check}\``).join(', ')}.`] : [];
  return [...CRITERIA[kind], ...topicsOf(kind, text), ...passing];
}

/** The commands that show whether the repository is sound, in the order to run them. */
export function checksOf({ commands }: RepositoryFacts): string[] {
  return CHECKS.map((check) => commands[check]).filter((command) => command !== undefined);
}
