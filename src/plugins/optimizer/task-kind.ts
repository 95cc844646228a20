import type { SlotValue } from '../../pipeline/slot.ts';
import type { verdict } from '../slots.ts';
import { isQuestion } from './questions.ts';
import { sentencesOf } from './sentences.ts';
import { FAULTY, RULES } from './task-rules.ts';

/** What sort of work a request is. */
export type TaskKind = 'feature' | 'fix' | 'test' | 'refactor' | 'docs' | 'question';

/** Guesses the sort of work from the words of the request; `feature` where nothing tells otherwise. */
export function taskKind({ kind, text }: SlotValue<typeof verdict>): TaskKind {
  if (kind === 'RESEARCH') return 'question';
  const sentences = sentencesOf(text);
  const wishes = sentences.filter((sentence) => !isQuestion(sentence));
  if (wishes.length === 0 && sentences.length > 0) return sentences.some(asksWhyItFails) ? 'fix' : 'question';
  const kinds = wishes.map((wish) => RULES.find(([, expression]) => expression.test(wish))?.[0]);
  return kinds.find((each) => each !== undefined) ?? 'feature';
}

/** Who asks that wants it mended. */
const asksWhyItFails = (sentence: string) =>
  /^(?:why|how come|what(?:'s| is| causes| makes))\b/.test(sentence) && FAULTY.test(sentence);
