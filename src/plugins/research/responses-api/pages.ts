import type { Finding } from '../researcher.ts';
import type { Citation, Result } from './events.ts';

type Source = Finding['sources'][number];

/** So many addresses that a model names by itself are believed. */
const MOST_NAMED = 50;

/** The pages that an answer may cite, each with a number of its own. */
export class Pages {
  readonly #byNumber = new Map<string, Source>();
  readonly #byUrl = new Map<string, Source>();
  /** Those that the service itself names for the answer. */
  readonly #cited: readonly Source[];
  /** The service has told of no page at all, so that an address can only be the model's word. */
  readonly #untold: boolean;
  #highest = 0;

  constructor(results: readonly Result[], citations: readonly Citation[]) {
    for (const { id, title, url } of results) this.#add(url, title, id);
    this.#cited = [...new Set(citations.map(({ url, title }) => this.#byUrl.get(url) ?? this.#add(url, title)))];
    this.#untold = this.#byUrl.size === 0;
  }

  /** The numbers of pages that are named by their number or their address. */
  marksOf(references: readonly string[]): string[] {
    const marks = references.slice(0, MOST_NAMED).map((reference) => {
      const name = reference.trim().replace(/^\[(.*)\]$/, '$1');
      if (!/^https?:\/\//i.test(name)) return this.#byNumber.get(name)?.n;
      const known = this.#byUrl.get(name);
      if (known) return known.n;
      return this.#untold && this.#byUrl.size < MOST_NAMED ? this.#add(name, '').n : undefined;
    });
    return [...new Set(marks.filter((n) => n !== undefined))];
  }

  /** The pages that a text has the numbers of; where it has none, those that the service itself names. */
  citedIn(text: string): Source[] {
    const numbers = new Set([...text.matchAll(/\[(\d{1,3})\]/g)].map((match) => match[1]!));
    const cited = [...numbers].flatMap((n) => this.#byNumber.get(n) ?? []);
    return cited.length > 0 ? cited : [...this.#cited];
  }

  /** Two searches may both count from 1: then the first one keeps the number. */
  #add(url: string, title: string, id?: string): Source {
    const known = this.#byUrl.get(url);
    if (known) return known;
    const n = id === undefined || this.#byNumber.has(id) ? String(this.#highest + 1) : id;
    this.#highest = Math.max(this.#highest, Number(n) || 0);
    const page = { n, title, url };
    this.#byNumber.set(n, page);
    this.#byUrl.set(url, page);
    return page;
  }
}
