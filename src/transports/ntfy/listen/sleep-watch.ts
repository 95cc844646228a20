/** Milliseconds between two looks at the clocks. */
export const LOOK_EVERY = 3_000;
/** A clock that is so much off has been set, or the machine slept. */
const JUMP = 10_000;

/** Finds out that the machine slept, or stood still: then no connection from before can be trusted. */
export class SleepWatch {
  readonly #wall: () => number;
  readonly #steady: () => number;
  #last: { readonly wall: number; readonly steady: number };

  /** Both clocks in ms; the steady one is set by nobody, and stands still while the machine sleeps. */
  constructor(wall: () => number, steady: () => number = () => performance.now()) {
    this.#wall = wall;
    this.#steady = steady;
    this.#last = { wall: wall(), steady: steady() };
  }

  /** Whether one of the clocks has jumped since the last look, which is to be no longer ago than LOOK_EVERY. */
  jumped(): boolean {
    const [wall, steady] = [this.#wall(), this.#steady()];
    const passed = steady - this.#last.steady;
    const apart = Math.abs(wall - this.#last.wall - passed);
    this.#last = { wall, steady };
    return apart > JUMP || passed > LOOK_EVERY + JUMP;
  }
}
