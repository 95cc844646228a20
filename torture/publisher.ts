import { appendFileSync } from 'node:fs';
import type { Published } from './checker/evidence.ts';

/** Publishes messages straight to the server, and keeps a journal of those that it took. */
export class Publisher {
  /** How many the server took. */
  count = 0;
  readonly #topicUrl: string;
  readonly #journal: string;
  readonly #prefix: string;
  #number = 0;

  constructor(topicUrl: string, journal: string, prefix = 'torture') {
    this.#topicUrl = topicUrl;
    this.#journal = journal;
    this.#prefix = prefix;
  }

  /** Publishes one message with a text of its own, at least `bytes` long; returns its id, or undefined where the server's answer did not come. */
  async send(headers: Readonly<Record<string, string>> = {}, bytes = 0): Promise<string | undefined> {
    const text = `${this.#prefix} ${++this.#number}`.padEnd(bytes, '.');
    try {
      const signal = AbortSignal.timeout(10_000);
      const response = await fetch(this.#topicUrl, { method: 'POST', body: text, headers, signal });
      if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
      const { id } = (await response.json()) as { id: string };
      const published: Published = { id, text, at: Date.now() };
      appendFileSync(this.#journal, `${JSON.stringify(published)}\n`);
      this.count++;
      return id;
    } catch (error) {
      // A server that refuses is a mistake of the torture's own; one that fails or is away is part of it (2.11 has "database is locked").
      if (/^4\d\d /.test((error as Error).message)) throw error;
      return undefined;
    }
  }

  /** Publishes so many, some at once, evenly over `overMs`. */
  async sendAll(count: number, { overMs = 0, atOnce = 8, headers = {}, bytes = 0 } = {}): Promise<void> {
    const began = performance.now();
    let begun = 0;
    const one = async () => {
      while (begun < count) {
        const wait = (begun++ / count) * overMs - (performance.now() - began);
        if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
        await this.send(headers, bytes);
      }
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, count) }, one));
  }
}
