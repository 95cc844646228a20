import { checksOf } from '../../optimizer/criteria.ts';
import type { RepositoryFacts } from '../../optimizer/repository-facts.ts';
import type { TaskKind } from '../../optimizer/task-kind.ts';
import { codeSpan } from '../code-span.ts';
import { isNewCode } from '../is-new-code.ts';
import { list } from '../list.ts';
import type { Section } from '../section.ts';

const OWN: Readonly<Record<TaskKind, string>> = {
  feature:
    'Add tests beside the existing ones and in their style: the usual case, the edges (empty, wrong, very large), and what must be refused.',
  fix: 'Keep the test that reproduced the fault. Add one for each similar place that you mended.',
  test: 'The new tests need no network, no real time and no luck. A fault that one of them shows belongs in the report.',
  refactor:
    'The existing tests pass as they are, but for names and imports that moved. Where another line of a test must change, behaviour has changed: report it.',
  docs: 'Add a test only where this repository tests its docs already (examples that are run, links that are checked).',
  question: 'An answer needs no test. If you change code after all, cover the change with one, and run what checks it.',
};

const HONEST = 'Never weaken, remove or disable a test to make it green.';
const EVIDENCE =
  'Give evidence, not claims: each command that you ran, with its exit code and the line that sums it up. Name what could not be run, and why.';

/** Which tests belong to it, what to run, and what counts as proof. */
export const tests: Section = (input) => {
  if (!isNewCode(input)) return undefined;
  const { kind, facts } = input;
  return list('Tests', [OWN[kind], HONEST, ...(kind === 'question' ? [] : [toRun(facts)]), EVIDENCE]);
};

function toRun(facts: RepositoryFacts): string {
  const checks = checksOf(facts).map(codeSpan);
  return checks.length > 0
    ? `Run the nearest tests while you work, and at the end all of ${checks.join(', ')}. Mend what fails because of your change, and name what failed before it.`
    : 'Find out how this repository is tested (its docs, scripts and CI files), and run that. Mend what fails because of your change, and name what failed before it.';
}
