import { hash } from 'node:crypto';
import type { Address } from '../../../pipeline/transport.ts';
import type { NoticeForms } from './notice-request.ts';

const REMEMBERED = 200;

interface LongText {
  readonly id: string;
  fileFailures: number;
  /** How many parts of it have arrived. */
  partsOut: number;
}

/** How far the long texts on their way have come, so that what has arrived is not sent again with what has not. */
export class LongTexts {
  readonly #texts = new Map<string, LongText>();

  of({ run, key }: Address, forms: NoticeForms): LongText {
    const id = hash('sha256', JSON.stringify([run, key, forms.text]));
    const text = this.#texts.get(id) ?? { id, fileFailures: 0, partsOut: 0 };
    this.#texts.delete(id);
    this.#texts.set(id, text);
    const [oldest] = this.#texts.keys();
    if (this.#texts.size > REMEMBERED && oldest !== undefined) this.#texts.delete(oldest);
    return text;
  }

  done({ id }: LongText): void {
    this.#texts.delete(id);
  }
}
