import type { Notice } from '../../pipeline/message.ts';
import { shortLine } from '../../pipeline/short-line.ts';
import type { SlotValue } from '../../pipeline/slot.ts';
import type { brief } from '../slots.ts';
import { LOCAL } from './researcher.ts';

/** Characters of what is searched for. */
const SEARCH_SHOWN = 100;

/** Tells somebody who waits what is searched for. */
export const searchingNotice = (id: string, queries: readonly string[]): Notice => ({
  title: `🔎 [${id}] searching: ${shortLine(queries.join(' · '), SEARCH_SHOWN)}`,
  kind: 'progress',
  priority: 1,
});

interface Told {
  readonly brief: SlotValue<typeof brief>;
  /** What the person should know of how it was asked. */
  readonly remark?: string | undefined;
  /** Somebody has to do something, and has not been told yet. */
  readonly loud?: boolean;
}

/** `By perplexity/sonar, 4 sources, 5.2 s, $0.009.` and what there is to know beside it. */
export function researchedNotice(id: string, { brief, remark, loud = false }: Told): Notice {
  const { by, sources, fallback, costUsd, cached, ms = 0 } = brief;
  const cost = costUsd === undefined || cached ? '' : `, $${costUsd.toFixed(3)}`;
  const who =
    by === LOCAL
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
