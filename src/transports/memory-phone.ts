import { randomUUID } from 'node:crypto';
import { defer, filter, firstValueFrom, from, merge, type Observable, Subject, timeout } from 'rxjs';
import type { Notice } from '../pipeline/message.ts';
import type { Address } from '../pipeline/transport.ts';

/** A notice as the phone got it, with the run it belongs to. */
export type ReceivedNotice = Notice & { readonly address: Address };

/** A text on its way to Milton; it stays until it is settled. */
export interface MemoryLetter {
  readonly id: string;
  readonly text: string;
  readonly topic: string | undefined;
  readonly at: string;
}

/**
 * The phone and the server of the `memory` transport: a test sends texts with it and reads what Milton answered. It outlives the
 * transports made from it, so that a restarted Milton finds what was not settled.
 * @example const phone = new MemoryPhone(); // transports: [memory({ phone })]
 */
export class MemoryPhone {
  /** Everything Milton has sent, oldest first. */
  readonly notices: ReceivedNotice[] = [];
  readonly #arrived = new Subject<ReceivedNotice>();
  readonly #live = new Subject<MemoryLetter>();
  readonly #unsettled = new Set<MemoryLetter>();
  #failure: { readonly error: Error; left: number } | undefined;

  /** Sends a text; the same `id` again is a duplicate delivery. Returns the id, which the transport prefixes with its name. */
  send(text: string, { id = randomUUID() as string, topic }: { id?: string; topic?: string } = {}): string {
    const letter = { id, text, topic, at: new Date().toISOString() };
    this.#unsettled.add(letter);
    this.#live.next(letter);
    return id;
  }

  /** The first notice, past or coming, that fits; rejects after `within` ms, naming what came instead. */
  async notice(fits: (notice: ReceivedNotice) => boolean, within = 30_000): Promise<ReceivedNotice> {
    const past = this.notices.find(fits);
    if (past) return past;
    const none = () => {
      throw new Error(`No such notice within ${within} ms. Got: ${this.notices.map(({ title }) => title).join(' | ')}`);
    };
    return firstValueFrom(this.#arrived.pipe(filter(fits), timeout({ first: within, with: none })));
  }

  /** Makes the next `times` sends to this phone fail; `undefined` ends it. */
  failWith(error: Error | undefined, times = Number.POSITIVE_INFINITY): void {
    this.#failure = error && { error, left: times };
  }

  /** How many texts Milton has not settled. */
  get unsettled(): number {
    return this.#unsettled.size;
  }

  /** Whether a transport listens now. */
  get connected(): boolean {
    return this.#live.observed;
  }

  /** The transport's side: what is unsettled, then what comes. */
  letters(): Observable<MemoryLetter> {
    return defer(() => merge(this.#live, from([...this.#unsettled])));
  }

  /** The transport's side: Milton is done with this text. */
  settle(letter: MemoryLetter): void {
    this.#unsettled.delete(letter);
  }

  /** The transport's side: takes a notice, or throws what `failWith` set. */
  receive(notice: ReceivedNotice): void {
    if (this.#failure && this.#failure.left-- > 0) throw this.#failure.error;
    this.notices.push(notice);
    this.#arrived.next(notice);
  }
}
