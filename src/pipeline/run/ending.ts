import { explain, MiltonError } from '../errors.ts';
import type { Notice } from '../message.ts';
import type { Conclusion } from '../plugin.ts';
import type { Outcome } from '../store/job-store.ts';
import { culpritOf } from './compose.ts';
import { type Fate, fateMessage, type RunState } from './run-state.ts';

/** How a run ends, and the last thing the person is told of it. */
export interface Ending {
  readonly outcome: Outcome;
  readonly notice: Notice;
}

/** Weighs what a chain returned: a fate overrides everything, then an error, then what a step concluded. */
export function endingOf(state: RunState, error: unknown): Ending {
  const { id, fate, conclusion } = state;
  if (fate === 'cancelled') {
    return {
      outcome: 'cancelled',
      notice: { title: `🛑 [${id}] cancelled`, body: detail(error) || reasonOf(state), kind: 'final' },
    };
  }
  if (fate !== undefined) return interrupted(state, detail(error));
  if (error !== undefined) {
    const step = culpritOf(error);
    const body = `${step ? `${step}: ` : ''}${explain(error)}`;
    if (conclusion) return late(conclusion, body);
    return { outcome: 'failed', notice: { title: `❌ [${id}] failed`, body, kind: 'final', ...retry(id) } };
  }
  if (conclusion) return { outcome: conclusion.outcome, notice: { ...conclusion.notice, kind: 'final' } };
  const body = 'No step concluded it. Does the pipeline end with publish(), and does every step above it call next()?';
  return { outcome: 'done', notice: { title: `⚠️ [${id}] ended without a report`, body, kind: 'final' } };
}

/** What was concluded stands; what went wrong after it is told with it. */
function late({ outcome, notice }: Conclusion, trouble: string): Ending {
  const body = [notice.body, `⚠️ Afterwards: ${trouble}`].filter(Boolean).join('\n\n');
  return { outcome, notice: { ...notice, body, kind: 'final' } };
}

function interrupted(state: RunState, more: string): Ending {
  const why = reasonOf(state) || 'Milton was stopped in the middle of it.';
  const body = [why, more === why ? '' : more, `It was not started again. Reply RETRY ${state.id} to run it anew.`];
  const notice: Notice = {
    title: `⚠️ [${state.id}] interrupted`,
    body: body.filter(Boolean).join('\n'),
    kind: 'final',
    ...retry(state.id),
  };
  return { outcome: 'interrupted', notice };
}

/** Why the run was given its fate, where that was said. */
function reasonOf({ fate, abort }: RunState): string {
  const { reason } = abort.signal as { reason: unknown };
  return reason instanceof MiltonError && reason.message !== fateMessage(fate!) ? reason.message : '';
}

/** The end of a request that was taken up again and again without getting any further. */
export function stalled(id: string, times: number): Ending {
  const body = `Milton was stopped ${times} times while working on it, each time before it got any further.`;
  return { outcome: 'failed', notice: { title: `❌ [${id}] given up`, body, kind: 'final', ...retry(id) } };
}

const retry = (id: string) => ({ priority: 4 as const, actions: [{ label: 'Retry', reply: `RETRY ${id}` }] });

/** What a step says of how it stopped; the error that only carries the fate says nothing new. */
function detail(error: unknown): string {
  if (error === undefined || (error instanceof MiltonError && fateCodes.has(error.code))) return '';
  return error instanceof MiltonError ? explain(error) : '';
}

const fates: readonly Fate[] = ['cancelled', 'interrupted', 'released', 'lost', 'held'];
const fateCodes = new Set(fates.map((fate) => `RUN_${fate.toUpperCase()}`));
