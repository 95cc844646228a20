import type { SlotValue } from '../../pipeline/slot.ts';
import type { verdict } from '../slots.ts';

/** What sort of work a request is. */
export type TaskKind = 'feature' | 'fix' | 'test' | 'refactor' | 'docs' | 'question';

const RULES: readonly (readonly [TaskKind, RegExp])[] = [
  ['fix', /^(?:please\s+)?(?:fix|repair|debug|correct|solve|investigate)\b/i],
  [
    'refactor',
    /^(?:please\s+)?(?:refactor|rename|move|extract|split|simplify|restructure|clean ?up|deduplicate|migrate)\b/i,
  ],
  ['test', /^(?:\S+\s+){0,5}?(?:unit |e2e |integration |regression )?(?:tests?|specs?|test coverage)\b/i],
  ['docs', /^(?:\S+\s+){0,5}?(?:readme|docs?|documentation|changelog|comments|docstrings?|jsdoc)\b/i],
  [
    'fix',
    /\b(?:bug|broken|crash(?:es|ed)?|throws?|fails?|failing|wrong|regression|does ?n[o']t work|not working|error)\b/i,
  ],
];

/** Guesses the sort of work from the words of the request; `feature` where nothing tells otherwise. */
export function taskKind({ kind, text }: SlotValue<typeof verdict>): TaskKind {
  if (kind === 'RESEARCH') return 'question';
  const start = text.slice(0, 500);
  return RULES.find(([, pattern]) => pattern.test(start))?.[0] ?? 'feature';
}
