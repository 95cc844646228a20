import type { Finding } from '../researcher.ts';
import type { Answer, Result } from './events.ts';
import { Pages } from './pages.ts';
import type { Spent } from './service-error.ts';
import { readNotes, renderNotes } from './written-notes.ts';

/** What came before the end of a streamed answer: it stands in for what the end lacks. */
export interface Streamed {
  text: string;
  readonly results: Result[];
}

/** What an answer has used up. */
export function spentBy(answer: Answer | undefined): Spent {
  const { total_tokens: tokens, cost } = answer?.usage ?? {};
  return { ...(cost === undefined ? {} : { costUsd: cost.total_cost }), ...(tokens === undefined ? {} : { tokens }) };
}

/**
 * Makes a finding of an answer. A structured one is written out as text, each fact with the numbers of its sources; of any other one
 * the text stays as it is. The sources are the cited pages, in the order of their first mention, by the numbers that the text uses.
 */
export function findingOf(answer: Answer, streamed: Streamed, label: string): Finding {
  const parts = answer.output.flatMap((item) => (item.type === 'message' ? item.content : []));
  const written = parts.map((part) => (part.type === 'output_text' ? part.text : '')).join('') || streamed.text;
  const found = answer.output.flatMap((item) => (item.type === 'search_results' ? item.results : []));
  const citations = parts.flatMap(({ annotations }) => annotations);
  const pages = new Pages(found.length > 0 ? found : streamed.results, citations);
  const notes = readNotes(written);
  const text = notes ? renderNotes(notes, (sources) => pages.marksOf(sources)) : written.trim();
  return {
    by: answer.model?.trim() || label,
    text,
    ...(notes ? { notes } : {}),
    sources: pages.citedIn(text),
    ...(answer.status === 'incomplete' ? { cut: true } : {}),
    ...spentBy(answer),
  };
}
