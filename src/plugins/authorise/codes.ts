import { stepOf } from './totp.ts';

/** So many codes that do not count, and none is looked at for so long, in ms. */
const WRONG = 5;
const LOCKED = 15 * 60_000;

/** Checks one-time codes, and stops looking after too many that do not count: six digits can be guessed. */
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
    // Also a right one counts as a try, until it is known not to have been used before.
    if (++this.#wrong >= WRONG) {
      this.#wrong = 0;
      this.#until = now + LOCKED;
    }
    return stepOf(code, secret, sent) ?? 'wrong';
  }

  /** The code that was just checked counts. */
  accepted(): void {
    this.#wrong = 0;
    this.#until = 0;
  }
}
