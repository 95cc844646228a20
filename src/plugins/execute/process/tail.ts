import type { FileHandle } from 'node:fs/promises';
import { openPrivateFile } from './private-file.ts';

const CHUNK = 256 * 1024;
/** The most that is read in one go; bytes. */
export const READ_LIMIT = 4 * 1024 * 1024;
const NEWLINE = 10;

/** Longer lines are left out: no event of an agent is that long, and memory is finite. Bytes. */
export const LINE_LIMIT = 16 * 1024 * 1024;

/** Reads the lines of a file that another process is still writing; empty ones too, since they make the paragraphs of a text. */
export class Tail implements AsyncDisposable {
  readonly #file: FileHandle;
  readonly #onLine: (line: string) => void;
  readonly #limit: number;
  readonly #chunk = Buffer.allocUnsafe(CHUNK);
  #offset = 0;
  #parts: Buffer[] = [];
  #length = 0;

  private constructor(file: FileHandle, onLine: (line: string) => void, limit: number) {
    this.#file = file;
    this.#onLine = onLine;
    this.#limit = limit;
  }

  static async open(path: string, onLine: (line: string) => void, limit = LINE_LIMIT): Promise<Tail> {
    return new Tail(await openPrivateFile(path), onLine, limit);
  }

  /**
   * Reads what was written since the last call, up to a place in the file, and reports its whole lines; returns the number of bytes.
   * It comes back after READ_LIMIT, so that a writer that is faster cannot hold its reader for ever.
   */
  async read(end = Number.POSITIVE_INFINITY): Promise<number> {
    const from = this.#offset;
    const to = Math.min(end, from + READ_LIMIT);
    while (this.#offset < to) {
      const length = Math.min(CHUNK, to - this.#offset);
      const { bytesRead } = await this.#file.read(this.#chunk, 0, length, this.#offset);
      if (bytesRead === 0) break;
      this.#offset += bytesRead;
      this.#take(this.#chunk.subarray(0, bytesRead));
    }
    return this.#offset - from;
  }

  /**
   * Reads to where the file ends now, since something that escaped may write on for ever, and reports a last line without a line
   * break too. Gives up where the signal aborts.
   */
  async drain(signal?: AbortSignal): Promise<void> {
    const { size } = await this.#file.stat();
    while (!signal?.aborted && (await this.read(size)) > 0);
    if (this.#offset >= size) this.#endLine();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }

  #take(bytes: Buffer): void {
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      // A line that lies whole in this chunk, as most do, needs no copy.
      if (this.#length === 0 && end - start <= this.#limit) {
        this.#onLine(bytes.toString('utf8', start, end));
      } else {
        this.#keep(bytes.subarray(start, end));
        this.#endLine();
      }
      start = end + 1;
    }
    this.#keep(bytes.subarray(start));
  }

  #keep(part: Buffer): void {
    this.#length += part.length;
    if (this.#length > this.#limit) this.#parts = [];
    else if (part.length > 0) this.#parts.push(Buffer.from(part));
  }

  #endLine(): void {
    const parts = this.#parts;
    this.#parts = [];
    this.#length = 0;
    if (parts.length > 0) this.#onLine(Buffer.concat(parts).toString('utf8'));
  }
}
