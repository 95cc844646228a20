import { stepOf } from './totp.ts';

/** So many wrong codes in a row, and none is looked at for so long, in ms. */
const WRONG = 5;
const LOCKED = 15 * 60_000;

/** Checks one-time codes, and stops looking after too many wrong ones: six digits can be guessed. */
export class Codes {
  #wrong = 0;
  #until = 0;

  /** The number of the 30 s that the code belongs to; `now` and `sent` in ms since the epoch. */
  check(
    code: string,
    secret: string,
    { now, sent }: { readonly now: number; readonly sent: number },
  ): number | 'wrong' | 'locked' {
    if (now < this.#until) return 'locked';
    // It may have waited at the server for a Milton that was away; how long it counts is for `staleness` to say.
    const step = stepOf(code, secret, sent);
    if (step !== undefined) {
      this.#wrong = 0;
      return step;
    }
    if (++this.#wrong >= WRONG) {
      this.#wrong = 0;
      this.#until = now + LOCKED;
    }
    return 'wrong';
  }
}
