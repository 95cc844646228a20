import { duration } from './wording.ts';

const SIGNS = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const EVERY = 100;
const WIDTH = 80;

/** One line at the end of a terminal that says what goes on, and for how long; nothing at all where standard error is none, or a dumb one. */
export class ProgressLine implements Disposable {
  readonly #stream: NodeJS.WriteStream;
  readonly #began = Date.now();
  #text = '';
  #turn = 0;
  #shown = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.#stream = stream;
    if (!stream.isTTY || process.env.TERM === 'dumb') return;
    this.#timer = setInterval(() => this.#draw(), EVERY);
    this.#timer.unref();
  }

  /** What goes on from now on; it must be cleaned, and have one line. */
  say(text: string): void {
    this.#text = text;
  }

  /** Makes room for a line that stays. */
  clear(): void {
    if (this.#shown) this.#stream.write('\r\x1b[K');
    this.#shown = false;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.clear();
  }

  #draw(): void {
    this.#turn = (this.#turn + 1) % SIGNS.length;
    const line = `${SIGNS[this.#turn]} ${duration(Date.now() - this.#began)} ${this.#text}`;
    // A line that is broken could not be written over; wide characters take two columns.
    const room = Math.max(10, Math.floor((this.#stream.columns || WIDTH) / 2));
    const wide = /[\u1100-\uffff]|\p{Extended_Pictographic}/u.test(line.slice(1));
    this.#stream.write(`\r\x1b[K${line.slice(0, wide ? room : 2 * room - 1).toWellFormed()}`);
    this.#shown = true;
  }
}
