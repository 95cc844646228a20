import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { safe } from '../command-line/terminal.ts';
import { FollowedFile } from '../follow/followed-file.ts';

const NAME = /^\d{4}-\d{2}-\d{2}\.log$/;

/** The lines of Milton's daily log files, in the order they were written. */
export class DailyLogs<Line> implements AsyncDisposable {
  readonly #folder: string;
  readonly #read: (line: string) => Line | undefined;
  #file: FollowedFile | undefined;
  /** The name of the day that is read. */
  #day = '';

  /** `read` = what a line holds; undefined where it is not wanted. */
  constructor(folder: string, read: (line: string) => Line | undefined) {
    this.#folder = folder;
    this.#read = read;
  }

  /** The last lines there are, going back as many days as that takes. */
  async last(count: number): Promise<readonly Line[]> {
    await this[Symbol.asyncDispose]();
    let found: Line[] = [];
    const days = (await this.#days()).reverse();
    for (const [at, day] of days.entries()) {
      const file = new FollowedFile(join(this.#folder, day), safe);
      let own: Line[] = [];
      for await (const lines of file.read({ whole: at > 0 })) own = [...own, ...this.#wanted(lines)].slice(-count);
      found = [...own, ...found].slice(-count);
      // Of the newest one, what comes next is read on.
      if (at === 0) [this.#file, this.#day] = [file, day];
      else await file[Symbol.asyncDispose]();
      if (found.length === count) break;
    }
    return found;
  }

  /** What has come since, also in the files of days that have begun since. */
  async *more(): AsyncGenerator<Line> {
    const later = (await this.#days()).filter((day) => day > this.#day);
    for (const day of [undefined, ...later]) {
      if (day !== undefined) {
        await this[Symbol.asyncDispose]();
        [this.#file, this.#day] = [new FollowedFile(join(this.#folder, day), safe), day];
      }
      const whole = this.#day !== (later.at(-1) ?? this.#day);
      for await (const lines of this.#file?.read({ whole }) ?? []) yield* this.#wanted(lines);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file?.[Symbol.asyncDispose]();
  }

  async #days(): Promise<string[]> {
    return (await readdir(this.#folder).catch(() => [])).filter((name) => NAME.test(name)).sort();
  }

  #wanted(lines: readonly string[]): Line[] {
    return lines.map(this.#read).filter((line) => line !== undefined);
  }
}
