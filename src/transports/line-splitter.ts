const NEWLINE = 0x0a;

/** Cuts a byte stream into lines at `\n` alone, wherever its chunks happen to be split; a longer line than `limit` bytes is dropped. */
export class LineSplitter {
  readonly #limit: number;
  readonly #dropped: (bytes: number) => void;
  #parts: Uint8Array[] = [];
  #length = 0;

  constructor(limit: number, dropped: (bytes: number) => void) {
    this.#limit = limit;
    this.#dropped = dropped;
  }

  /** The lines this chunk completes, without their line ends; empty ones are left out. */
  *push(chunk: Uint8Array): Generator<string> {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#keep(chunk.subarray(start, end));
      start = end + 1;
      yield* this.end();
    }
    this.#keep(chunk.subarray(start));
  }

  /** The last line of a stream that does not end with a line end. */
  *end(): Generator<string> {
    const [length, parts] = [this.#length, this.#parts];
    this.#length = 0;
    this.#parts = [];
    if (length > this.#limit) return this.#dropped(length);
    const line = Buffer.concat(parts).toString('utf8').replace(/\r$/, '');
    if (line !== '') yield line;
  }

  #keep(bytes: Uint8Array): void {
    this.#length += bytes.length;
    if (this.#length > this.#limit) this.#parts = [];
    else if (bytes.length > 0) this.#parts.push(bytes);
  }
}
