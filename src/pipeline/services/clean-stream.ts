import { MARGIN } from '../excerpt.ts';
import type { Clean } from './clean.ts';
import { openKeyAt } from './private-keys.ts';

/** How much is cleaned in one go, and where that cannot be cut, at the most; in characters. */
const BLOCK = 262_144;
const MOST = 4 * BLOCK;
/** How far apart the places are at which a cut is tried. */
const STEP = 4_096;

/**
 * Cleans a text that comes in pieces as if it were one: it is cut only where cleaning both sides apart gives the same as cleaning them
 * together, and what may go on is kept back. Memory is bounded: of what is longer than any secret, each block is cleaned by itself.
 */
export class CleanStream {
  readonly #clean: Clean;
  #pending = '';
  /** From this length on it is looked for a place to cut at. */
  #enough = BLOCK + MARGIN;

  constructor(clean: Clean) {
    this.#clean = clean;
  }

  /** Takes a piece; returns what is clean by now. */
  push(piece: string): string {
    let done = '';
    for (let at = 0; at < piece.length; at += BLOCK) {
      this.#pending += piece.slice(at, at + BLOCK);
      if (this.#pending.length >= this.#enough) done += this.#take();
    }
    return done;
  }

  /** The rest. */
  end(): string {
    return this.#release(this.#pending.length);
  }

  #take(): string {
    const end = this.#pending.length - MARGIN;
    for (let at = this.#cutBefore(end); at > 0; at = this.#cutBefore(at - STEP)) {
      if (this.#isSafe(at)) return this.#release(at);
    }
    if (this.#pending.length < MOST) {
      this.#enough = this.#pending.length + BLOCK;
      return '';
    }
    const key = openKeyAt(this.#pending);
    if (key === undefined) return this.#release(end);
    // What follows still belongs to it.
    const all = this.#release(this.#pending.length);
    this.#pending = `${key.header}\n`;
    return all;
  }

  /** The last end of a line, or where there is none near, this very place; never within a private key. */
  #cutBefore(to: number): number {
    if (to <= 0) return 0;
    const line = this.#pending.lastIndexOf('\n', to - 1) + 1;
    const at = line > to - STEP ? line : to;
    return openKeyAt(this.#pending.slice(0, at))?.at ?? at;
  }

  #isSafe(at: number): boolean {
    const before = this.#pending.slice(Math.max(0, at - MARGIN), at);
    const after = this.#pending.slice(at, at + MARGIN);
    return this.#clean(before + after) === this.#clean(before) + this.#clean(after);
  }

  #release(at: number): string {
    const done = this.#clean(this.#pending.slice(0, at));
    this.#pending = this.#pending.slice(at);
    this.#enough = BLOCK + MARGIN;
    return done;
  }
}
