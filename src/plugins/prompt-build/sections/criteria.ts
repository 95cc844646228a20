import { acceptanceCriteria } from '../../optimizer/criteria.ts';
import { isNewCode } from '../is-new-code.ts';
import { list } from '../list.ts';
import type { Section } from '../section.ts';

/** What must be true when the task is done. */
export const criteria: Section = (input) =>
  isNewCode(input)
    ? list('Acceptance criteria', acceptanceCriteria(input.kind, input.facts, input.task.text))
    : undefined;
