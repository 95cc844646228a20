import { acceptanceCriteria, checksOf } from '../research/criteria.ts';
import { taskKind } from '../research/task-kind.ts';
import { background, repository } from './common-sections.ts';
import { list, type Section } from './section.ts';

const task: Section = (input) => `# Task\n${input.task.text}`;

const criteria: Section = ({ task, facts }) => list('Acceptance criteria', acceptanceCriteria(taskKind(task), facts));

const howToWork: Section = () =>
  list('How to work', [
    'Read the code that the task touches, and its tests, before you change anything.',
    'If more than one file will change, write down a short plan first.',
    'Make the smallest change that does the whole task. Follow the patterns, names and style that are there.',
    'Solve the cause. Leave no placeholder, no dead code and no unrelated edit.',
  ]);

const tests: Section = ({ facts }) => {
  const checks = checksOf(facts);
  return list('Tests', [
    'Add or adjust tests for what you change. Never weaken, remove or pass over a test to make it green.',
    checks.length > 0
      ? `Run ${checks.map((check) => `\`${check}\``).join(', ')} and mend what fails because of your change.`
      : 'Find out how this repository is tested, and run that.',
    'Give each command you ran with its result; say so where one could not be run.',
  ]);
};

const security: Section = () =>
  list('Security', [
    'Check input at the border, permissions on every path to data, and anything that becomes a command, query, path or page.',
    'Never print, log or commit secrets. Do not read credentials that the task does not need.',
    'Add a dependency only where there is a clear reason, and name it.',
  ]);

const limits: Section = () =>
  list('Limits', [
    'Stay inside this folder. Do not switch, delete or rewrite branches or history, do not push, publish or deploy.',
    'Do not commit: what you leave in this folder is committed on its branch for you.',
    'Nobody can answer questions now. If the task is ambiguous, take the most careful reading and name it; if it would do harm, stop and report.',
  ]);

const report: Section = () =>
  list('Report', [
    'End with at most 10 short lines, readable on a phone: what changed and why, the files, the test commands with their results, risks, the next step.',
    'Report only what you did and saw. If something is not done, say so first.',
  ]);

/** The prompt of a CODE request, in order: the request itself first, foreign notes late, the report last. */
export const CODE_SECTIONS: readonly Section[] = [
  task,
  repository,
  criteria,
  howToWork,
  tests,
  security,
  limits,
  background,
  report,
];

/** What an agent is told that goes on with a conversation: it knows the rest. */
export const CONTINUED_CODE: readonly Section[] = [task, limits, report];
