import type { Notice, UnreadFile } from '../message.ts';
import { lane, understood } from '../queue.ts';
import { cleanQuestion } from '../run/clean-question.ts';
import type { RunState } from '../run/run-state.ts';
import type { Clean } from '../services/clean.ts';
import { shortLine } from '../short-line.ts';
import type { NewHold, NewJob, Question } from '../store/job-store.ts';

/** The job of a run that reached `queue()`, with its acknowledgement. */
export function jobOf(state: RunState, hasPlace: () => boolean, clean: Clean): NewJob {
  const acknowledge = (ahead: number) => acknowledgement(state, ahead, hasPlace(), clean);
  return { id: state.id, lane: state.lane, slots: state.encoded, acknowledge };
}

/** What is kept of a run that has asked above `queue()`. */
export function holdOf(
  state: RunState,
  { key, question }: { readonly key: string; readonly question: Question },
  clean: Clean,
): NewHold {
  const own = (state.read(lane) as string | undefined) ?? 'default';
  return { id: state.id, lane: own, slots: state.encoded, key, question: cleanQuestion(question, clean) };
}

function acknowledgement(state: RunState, ahead: number, hasPlace: boolean, clean: Clean): Notice {
  const next = hasPlace ? 'It starts now.' : 'It is next; all places are taken for the moment.';
  const place = ahead === 0 ? next : `${ahead} before it.`;
  const title = ahead === 0 ? `👂 [${state.id}] got it` : `👂 [${state.id}] queued`;
  const what = (state.read(understood) as string | undefined) ?? state.message.text;
  const lines = [shortLine(clean(what), 120), place, ...notRead(state.message.unread ?? [], clean)];
  return { title, body: lines.join('\n'), kind: 'reply', priority: 2 };
}

/** How many files that were not read are named. */
const NAMED = 3;

function notRead(files: readonly UnreadFile[], clean: Clean): string[] {
  if (files.length === 0) return [];
  const names = files.slice(0, NAMED).map(({ name, why }) => `${shortLine(clean(name), 60)} (${why})`);
  const more = files.length > NAMED ? ` and ${files.length - NAMED} more` : '';
  return [`Not read: ${names.join(', ')}${more}`];
}
