import type { TaskKind } from '../../optimizer/task-kind.ts';
import { isNewCode } from '../is-new-code.ts';
import { list } from '../list.ts';
import type { Section } from '../section.ts';

const SECRETS =
  'Never print, log, return or write down secrets; tests and examples use made-up ones. Read no credentials that the task does not need.';
const DEPENDENCIES = 'Add no dependency without a clear reason; the report names it, its version and the reason.';
const CODE = [
  'Check input where it comes in: type, length, range, encoding. Refuse what does not fit, with an error that shows no internals.',
  'On every path to data, check on the server side that this caller may do this with this object; to be logged in is not enough.',
  'Put no input into a command, query, path, page, pattern or log unchanged: use parameters, lists of arguments, escaping, a fixed folder.',
  SECRETS,
  DEPENDENCIES,
];

const OWN: Readonly<Record<TaskKind, readonly string[]>> = {
  feature: CODE,
  fix: CODE,
  refactor: ['Checks of input and of permissions stay as strict as they are, on every path.', SECRETS, DEPENDENCIES],
  test: ['Tests use made-up data, and reach no real account, service or host.', SECRETS, DEPENDENCIES],
  docs: ['Examples show made-up names, keys and hosts, and nothing that would be unsafe to copy.', SECRETS],
  question: [SECRETS],
};

/** What keeps the change from doing harm. */
export const security: Section = (input) => (isNewCode(input) ? list('Security', OWN[input.kind]) : undefined);
