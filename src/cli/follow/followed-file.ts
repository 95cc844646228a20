import { lstat } from 'node:fs/promises';
import { READ_LIMIT, Tail } from '../../plugins/execute/process/tail.ts';

/**
 * The lines a file gains while somebody writes it. One that is not there yet has none; one that is put in its place is read from its
 * beginning, or, where it begins with the same line and is therefore the same text made clean, from where the other was left.
 */
export class FollowedFile implements AsyncDisposable {
  readonly path: string;
  readonly #clean: (line: string) => string;
  #open: { readonly tail: Tail; readonly inode: number; bytes: number } | undefined;
  #lines: string[] = [];
  #first: string | undefined;
  #count = 0;
  /** Lines of a file that took another one's place, and were read there. */
  #skip = 0;
  #fresh = false;

  /** `clean` makes a line what it is in the text made clean. */
  constructor(path: string, clean: (line: string) => string) {
    this.path = path;
    this.#clean = clean;
  }

  /** What has come since the last call, in pieces that fit into memory; `whole` = nothing more comes, so that a last line needs no end. */
  async *read({ whole = false } = {}): AsyncGenerator<readonly string[]> {
    for (;;) {
      const replaced = await this.#isReplaced();
      yield* this.#rest(whole || replaced);
      if (replaced) await this[Symbol.asyncDispose]();
      if (this.#open || !(await this.#reopen())) return;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open?.tail[Symbol.asyncDispose]();
    this.#open = undefined;
  }

  async *#rest(whole: boolean): AsyncGenerator<readonly string[]> {
    const open = this.#open;
    if (!open) return;
    for (let bytes = READ_LIMIT; bytes >= READ_LIMIT; ) {
      bytes = await open.tail.read();
      open.bytes += bytes;
      yield this.#take();
    }
    if (!whole) return;
    await open.tail.drain();
    yield this.#take();
  }

  async #isReplaced(): Promise<boolean> {
    if (!this.#open) return false;
    const found = await lstat(this.path).catch(() => undefined);
    // One that was deleted is read to its end, and something may still take its place.
    return found !== undefined && (found.ino !== this.#open.inode || found.size < this.#open.bytes);
  }

  async #reopen(): Promise<boolean> {
    const found = await lstat(this.path).catch(() => undefined);
    if (!found?.isFile()) return false;
    this.#open = { tail: await Tail.open(this.path, (line) => this.#hear(line)), inode: found.ino, bytes: 0 };
    this.#fresh = true;
    return true;
  }

  #hear(line: string): void {
    if (this.#fresh) {
      const first = this.#clean(line);
      this.#skip = first === this.#first ? this.#count : 0;
      this.#count = 0;
      this.#first = first;
      this.#fresh = false;
    }
    this.#count++;
    if (this.#count > this.#skip) this.#lines.push(line);
  }

  #take(): readonly string[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }
}
