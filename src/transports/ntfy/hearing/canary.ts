import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { NtfyOptions } from '../options.ts';
import { OWN_TAG } from '../send/notice-request.ts';
import { type Publication, QUIETLY } from '../send/publish.ts';
import type { NtfyEvent } from '../server/events.ts';
import { NtfyFailure } from '../server/failure.ts';

/** So many refusals in a row are no hiccup: Milton has no right to write to its own inbox. */
const REFUSALS = 3;

/** `unsaid` = it could not be sent, which says nothing; `refused` = and never will be. */
export type Result = 'heard' | 'missed' | 'unsaid' | 'refused';

/** Sends a message to Milton's own inbox that only a live connection hands on: no cache keeps it, no phone is told. */
export class Canary {
  readonly #options: Pick<NtfyOptions, 'askTopic' | 'canaryTimeout'>;
  readonly #say: (publication: Publication, signal: AbortSignal) => Promise<unknown>;
  #song: string | undefined;
  #heard: () => void = () => {};
  #refusals = 0;

  constructor(
    options: Pick<NtfyOptions, 'askTopic' | 'canaryTimeout'>,
    say: (publication: Publication, signal: AbortSignal) => Promise<unknown>,
  ) {
    this.#options = options;
    this.#say = say;
  }

  /** Whether this event is the message that is being waited for, and no older one. */
  isSong({ tags, message }: NtfyEvent): boolean {
    return this.#song !== undefined && message === this.#song && tags?.includes(OWN_TAG) === true;
  }

  /** It was heard, or something else that proves as much. */
  heard(): void {
    this.#heard();
  }

  /** Sends one and waits for it. Rejects when the signal aborts. */
  async sing(signal: AbortSignal): Promise<Result> {
    const { promise, resolve } = Promise.withResolvers<Result>();
    const over = new AbortController();
    this.#song = `canary ${randomUUID()}`;
    this.#heard = () => resolve('heard');
    try {
      await this.#say({ topic: this.#options.askTopic, headers: QUIETLY, body: this.#song }, signal);
      this.#refusals = 0;
      const late = sleep<Result>(this.#options.canaryTimeout, 'missed', {
        signal: AbortSignal.any([signal, over.signal]),
      });
      return await Promise.race([promise, late]);
    } catch (error) {
      signal.throwIfAborted();
      if (!isRefusal(error)) return 'unsaid';
      return ++this.#refusals < REFUSALS ? 'unsaid' : 'refused';
    } finally {
      over.abort();
      this.#song = undefined;
      this.#heard = () => {};
    }
  }
}

/** No right to write (403), or no login (401): not what passes by itself. */
function isRefusal(error: unknown): boolean {
  const { cause } = error as Error;
  return cause instanceof NtfyFailure && (cause.pace === 'denied' || cause.pace === 'slow');
}
