import type { Message, Notice } from '../../pipeline/message.ts';
import type { Clock, Logger } from '../../pipeline/services.ts';
import { shortLine } from '../../pipeline/short-line.ts';
import type { JobStore } from '../../pipeline/store/job-store.ts';
import { span } from '../span.ts';

const WORDS = {
  unsigned: 'without a signature',
  forged: 'with a proof that does not match: another key, or a changed text',
  'no key': 'with a signature, but Milton has no key',
  keys: 'while the keys cannot be read: run "milton keys show"',
  gone: 'with a long text that the server no longer has, or does not hand out',
  code: 'with a one-time code that is wrong, too old, or was used already',
  locked: 'with a one-time code, after five that did not count',
  server: 'that anybody could have written, since the server lets strangers write',
  unknown: 'while the server did not say whether strangers may write',
  odd: 'that could not be shown whole to be approved: several lines, invisible signs, or too long',
  full: 'while too many others wait to be approved on the machine',
  flood: 'more than are taken within a minute',
} as const;

/** Why a message was not believed. */
export type Refusal = keyof typeof WORDS;

/** How many messages are remembered as counted: a server's cache is read again and again. */
const REMEMBERED = 2_000;
/** So many of its person's own are named. */
const NAMED = 5;

interface Parts {
  readonly store: () => JobStore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The shortest time between two notices, in ms. */
  readonly every: number;
  /** Tells these counts apart from others in the store. */
  readonly name: string;
}

/** What the store keeps: when it was told last (ms since the epoch), and of messages up to when. */
interface Kept {
  readonly told: number;
  readonly upTo: string;
}

/** Counts the messages of a transport that were not believed, and tells of them now and then, however many come. */
export class Refusals {
  readonly #transport: string;
  readonly #parts: Parts;
  readonly #counted = new Set<string>();
  #counts = new Map<Refusal, number>();
  #texts: string[] = [];
  #kept: Promise<Kept> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #newest = '';

  constructor(transport: string, parts: Parts) {
    this.#transport = transport;
    this.#parts = parts;
  }

  /** `text`: what is shown of it, where it is its person's own. */
  async add({ id, at }: Message, why: Refusal, text?: string): Promise<void> {
    if (this.#counted.has(id)) return;
    this.#remember(id);
    const { told, upTo } = await this.#last();
    // Told before a restart, and read again from the server's cache since.
    if (at <= upTo) return;
    if (at > this.#newest) this.#newest = at;
    this.#counts.set(why, (this.#counts.get(why) ?? 0) + 1);
    if (text !== undefined && this.#texts.length < NAMED) this.#texts.push(shortLine(text, 80));
    const wait = told + this.#parts.every - this.#parts.clock.now();
    if (wait <= 0) return this.tell();
    this.#timer ??= setTimeout(() => void this.tell(), Math.min(wait, this.#parts.every)).unref();
  }

  /** Tells what has come together since the last time. */
  async tell(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#counts.size === 0) return;
    const { clock, logger, store, every } = this.#parts;
    const [counts, texts] = [this.#counts, this.#texts];
    this.#texts = [];
    const kept = { told: clock.now(), upTo: this.#newest };
    this.#counts = new Map();
    // What came before this Milton began stays what it was: those it has counted itself are known by their ids.
    this.#kept = this.#last().then(({ upTo }) => ({ told: kept.told, upTo }));
    logger.warn('messages were not accepted', { transport: this.#transport, ...Object.fromEntries(counts) });
    try {
      await store().announce(this.#transport, {
        key: `${this.#key}:${kept.told}`,
        notice: noticeOf(counts, texts, every),
      });
      await store().remember(this.#key, kept);
    } catch (error) {
      logger.error('it could not be told that messages were not accepted', { error });
    }
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  get #key(): string {
    return `${this.#parts.name}:${this.#transport}`;
  }

  #last(): Promise<Kept> {
    this.#kept ??= this.#parts
      .store()
      .recall(this.#key)
      .then((kept) => {
        const { told, upTo } = (kept ?? {}) as Partial<Kept>;
        return { told: typeof told === 'number' ? told : 0, upTo: typeof upTo === 'string' ? upTo : '' };
      });
    // What could not be read now is asked for again.
    this.#kept.catch(() => {
      this.#kept = undefined;
    });
    return this.#kept;
  }

  #remember(id: string): void {
    this.#counted.add(id);
    if (this.#counted.size <= REMEMBERED) return;
    const [oldest] = this.#counted;
    this.#counted.delete(oldest!);
  }
}

function noticeOf(counts: ReadonlyMap<Refusal, number>, texts: readonly string[], every: number): Notice {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const lines = [...counts].map(([why, count]) => `${count} ${WORDS[why]}`);
  const help = counts.has('flood')
    ? 'Send them again, more slowly.'
    : 'If they were yours: "milton keys test" on the machine says what is wrong with them.';
  return {
    title: `🚫 ${total === 1 ? 'A message was' : `${total} messages were`} not accepted`,
    body: [
      ...lines,
      ...texts.map((text) => `“${text}”`),
      `Nothing was run. ${help} This is told at most every ${span(every)}.`,
    ].join('\n'),
    kind: 'final',
    priority: 3,
  };
}
