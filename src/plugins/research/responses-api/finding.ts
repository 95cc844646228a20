import { readNotes, renderNotes } from '../notes.ts';
import type { Finding } from '../researcher.ts';
import type { Answer, Result } from './events.ts';

/** What came before the end of a streamed answer: it stands in for what the end lacks. */
export interface Streamed {
  text: string;
  readonly results: Result[];
}

type Source = Finding['sources'][number];

/**
 * Makes a finding of an answer. A structured one is written out as text, each fact with the numbers of its sources; of any other one
 * the text stays as it is. The sources are the cited pages, in the order of their first mention, by the numbers that the text uses.
 */
export function findingOf(answer: Answer, streamed: Streamed, label: string): Finding {
  const parts = answer.output.flatMap((item) => (item.type === 'message' ? (item.content ?? []) : []));
  const written = parts.map((part) => (part.type === 'output_text' ? part.text : '')).join('') || streamed.text;
  const citations = parts.flatMap(({ annotations = [] }) => annotations.filter((one) => one !== undefined));
  const found = answer.output.flatMap((item) => (item.type === 'search_results' ? item.results : []));
  const pages = new Pages(found.length > 0 ? found : streamed.results, citations);
  const notes = readNotes(written);
  const text = notes ? renderNotes(notes, (sources) => pages.marksOf(sources)) : written.trim();
  const { total_tokens: tokens, cost } = answer.usage ?? {};
  return {
    by: answer.model?.trim() || label,
    text,
    ...(notes ? { notes } : {}),
    sources: pages.citedIn(text),
    ...(cost === undefined ? {} : { costUsd: cost.total_cost }),
    ...(tokens === undefined ? {} : { tokens }),
  };
}

type Citation = { readonly title: string; readonly url: string };

/** The pages that an answer may cite, each with its number. */
class Pages {
  readonly #pages: Source[];
  readonly #cited: readonly Citation[];

  constructor(results: readonly Result[], citations: readonly Citation[]) {
    this.#pages = results.map(({ id, title, url }) => ({ n: id, title, url }));
    this.#cited = citations;
  }

  /** The numbers of pages that are named by their number or their address; an address that no search has told of gets one. */
  marksOf(references: readonly string[]): string[] {
    const marks = references.map((reference) => {
      const name = reference.trim().replace(/^\[(.*)\]$/, '$1');
      if (/^https?:\/\//i.test(name)) return this.#at(name).n;
      return this.#pages.find(({ n }) => n === name)?.n;
    });
    return [...new Set(marks.filter((n) => n !== undefined))];
  }

  /** The pages that a text has the numbers of; where it has none, those that the service itself names. */
  citedIn(text: string): Source[] {
    const numbers = new Set([...text.matchAll(/\[(\d{1,3})\]/g)].map((match) => match[1]!));
    const cited = [...numbers].flatMap((n) => this.#pages.find((page) => page.n === n) ?? []);
    return cited.length > 0 ? cited : [...new Set(this.#cited.map(({ url }) => this.#at(url)))];
  }

  #at(url: string): Source {
    const known = this.#pages.find((page) => page.url === url);
    if (known) return known;
    const highest = Math.max(0, ...this.#pages.map(({ n }) => Number(n) || 0));
    const title = this.#cited.find((one) => one.url === url)?.title ?? '';
    const page = { n: String(highest + 1), title, url };
    this.#pages.push(page);
    return page;
  }
}
