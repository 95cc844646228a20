/**
 * Cuts a stream of UTF-8 into lines at `\n` alone, wherever its chunks happen to be split. Bytes that are no UTF-8 become U+FFFD,
 * a byte order mark at the very beginning is left out, and of a line of more than `limit` characters nothing is kept.
 */
export class LineSplitter {
  readonly #limit: number;
  readonly #dropped: (characters: number) => void;
  // Whole chunks are decoded, since a Buffer for each line takes longer than all the rest.
  readonly #decoder = new TextDecoder();
  #rest = '';
  #length = 0;

  constructor(limit: number, dropped: (characters: number) => void) {
    this.#limit = limit;
    this.#dropped = dropped;
  }

  /** The lines this chunk completes, without their line ends; empty ones are left out. */
  push(chunk: Uint8Array): string[] {
    return this.#cut(this.#decoder.decode(chunk, { stream: true }));
  }

  /** The last line of a stream that does not end with a line end. */
  end(): string[] {
    return this.#cut(`${this.#decoder.decode()}\n`);
  }

  #cut(text: string): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
      this.#keep(text.slice(start, end));
      start = end + 1;
      const line = this.#take();
      if (line !== '') lines.push(line);
    }
    this.#keep(text.slice(start));
    return lines;
  }

  #keep(text: string): void {
    this.#length += text.length;
    if (this.#length > this.#limit) this.#rest = '';
    else this.#rest += text;
  }

  #take(): string {
    const [line, length] = [this.#rest, this.#length];
    this.#rest = '';
    this.#length = 0;
    if (length > this.#limit) {
      this.#dropped(length);
      return '';
    }
    return line.endsWith('\r') ? line.slice(0, -1) : line;
  }
}
