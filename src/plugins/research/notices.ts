import type { Notice } from '../../pipeline/message.ts';
import type { Clean } from '../../pipeline/services/clean.ts';
import { shortLine } from '../../pipeline/short-line.ts';
import type { SlotValue } from '../../pipeline/slot.ts';
import type { brief } from '../slots.ts';

/** Characters of what is searched for, and how often it is told in one request. */
const SEARCH_SHOWN = 100;
const SEARCHES_TOLD = 5;

/** Tells somebody who waits what is searched for. */
export function searchTeller(
  run: { readonly id: string; notify(notice: Notice): void },
  clean: Clean,
): (queries: readonly string[]) => void {
  let left = SEARCHES_TOLD;
  return (queries) => {
    const shown = queries
      .slice(0, SEARCHES_TOLD)
      .map((query) => clean(query).trim())
      .filter((query) => query !== '');
    if (shown.length === 0 || left-- <= 0) return;
    const title = `🔎 [${run.id}] searching: ${shortLine(shown.join(' · '), SEARCH_SHOWN)}`;
    run.notify({ title, kind: 'progress', priority: 1 });
  };
}

interface Told {
  readonly brief: SlotValue<typeof brief>;
  /** What the person should know of how it was asked. */
  readonly remark?: string | undefined;
  /** Somebody has to do something, and has not been told yet. */
  readonly loud?: boolean;
}

/** `By perplexity/sonar, 4 sources, 5.2 s, $0.009.` and what there is to know beside it. */
export function researchedNotice(id: string, { brief, remark, loud = false }: Told): Notice {
  const { by, sources, offline, fallback, costUsd, cached, ms = 0 } = brief;
  const cost = costUsd === undefined || cached ? '' : `, $${costUsd.toFixed(3)}`;
  const who = offline
    ? 'Worked out locally, without the web'
    : `By ${by}, ${sources.length} source${sources.length === 1 ? '' : 's'}`;
  const how = cached ? ', found within the last day' : `, ${(ms / 1000).toFixed(1)} s`;
  const lines = [`${who}${how}${cost}.`, fallback, remark].filter((line) => line !== undefined);
  return {
    title: `🔎 [${id}] research complete`,
    body: lines.join('\n'),
    kind: 'milestone',
    priority: loud ? 4 : 2,
    ...(loud ? { tags: ['warning'] } : {}),
  };
}
