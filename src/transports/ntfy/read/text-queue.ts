import type { Observer } from 'rxjs';
import { NtfyFailure, networkFailure } from '../server/failure.ts';

/** So many long texts wait to be read at most: anybody may send them, and each costs a request. */
export const MOST = 50;
/** So many are read in the order they came. */
const FEW = 5;

/** Milton itself asks the server nothing for now, whichever file it is. */
export class NotNow extends NtfyFailure {}

/** One more waits than may: the oldest is left. */
export class TooMany extends NtfyFailure {
  constructor() {
    super('too many long messages came at once', { permanent: true });
  }
}

/** How one text is read. */
export interface Attempts {
  /** Milliseconds since the epoch, when it came. */
  readonly since: number;
  read(signal: AbortSignal): Promise<string>;
  /** In how many ms to try again; undefined = never. */
  again(failure: NtfyFailure): number | undefined;
}

interface Queued {
  readonly attempts: Attempts;
  readonly observer: Pick<Observer<string>, 'next' | 'error' | 'complete'>;
  readonly controller: AbortController;
  /** Until it is tried again. */
  rest?: NodeJS.Timeout | undefined;
}

/**
 * Reads long texts, one at a time, so that a hundred that have waited cost the server no more than one. Of many the newest and the
 * oldest take turns: the person's own mostly comes last, so that it is not behind a flood, and one that came in the middle is not
 * behind all that follow.
 */
export class TextQueue {
  /** The oldest first. */
  readonly #texts = new Set<Queued>();
  #reading: Queued | undefined;
  #hold: NodeJS.Timeout | undefined;
  #newestNext = true;

  /** Since when each waits, in ms since the epoch. */
  get since(): number[] {
    return [...this.#texts].map(({ attempts }) => attempts.since);
  }

  /** Emits once, or errors with why it was given up; what it returns takes the text out. */
  add(attempts: Attempts, observer: Queued['observer']): () => void {
    const text: Queued = { attempts, observer, controller: new AbortController() };
    this.#texts.add(text);
    if (this.#texts.size > MOST) this.#leaveOldest();
    this.#next();
    return () => this.#remove(text);
  }

  #leaveOldest(): void {
    const oldest = [...this.#texts].find((text) => text !== this.#reading);
    if (!oldest) return;
    this.#remove(oldest);
    oldest.observer.error(new TooMany());
  }

  #remove(text: Queued): void {
    this.#texts.delete(text);
    clearTimeout(text.rest);
    text.controller.abort();
    if (this.#texts.size === 0) this.#release();
  }

  #release(): void {
    clearTimeout(this.#hold);
    this.#hold = undefined;
  }

  #next(): void {
    if (this.#reading || this.#hold) return;
    const ready = [...this.#texts].filter(({ rest }) => rest === undefined);
    const text = ready.length > FEW && this.#newestNext ? ready.at(-1) : ready[0];
    if (!text) return;
    this.#reading = text;
    text.attempts.read(text.controller.signal).then(
      (words) => this.#read(text, words),
      (error) => this.#failed(text, networkFailure(error)),
    );
  }

  #read(text: Queued, words: string): void {
    this.#turn();
    if (this.#texts.has(text)) {
      this.#remove(text);
      text.observer.next(words);
      text.observer.complete();
    }
    this.#next();
  }

  #failed(text: Queued, failure: NtfyFailure): void {
    // What was not asked for keeps its turn; otherwise the newest might be refused each time and the oldest read.
    if (failure instanceof NotNow) this.#reading = undefined;
    else this.#turn();
    if (this.#texts.has(text)) this.#putOff(text, failure);
    this.#next();
  }

  #turn(): void {
    this.#reading = undefined;
    this.#newestNext = !this.#newestNext;
  }

  #putOff(text: Queued, failure: NtfyFailure): void {
    const ms = text.attempts.again(failure);
    const then = (wake: () => void) =>
      setTimeout(() => {
        wake();
        this.#next();
      }, ms);
    if (ms === undefined) {
      this.#remove(text);
      text.observer.error(failure);
    } else if (failure.pace === 'limited' || failure instanceof NotNow) {
      // It holds for all of them: each that asked would only be refused as well.
      this.#hold = then(() => this.#release());
    } else {
      text.rest = then(() => {
        text.rest = undefined;
      });
    }
  }
}
