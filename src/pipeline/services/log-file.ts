import { closeSync, constants, fchmodSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const FLAGS = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | constants.O_NOFOLLOW;

/**
 * The log file of the day, `YYYY-MM-DD.log` by local time, mode 0600. A line is with the operating system when `write`
 * returns, so nothing is lost however Milton ends.
 */
export class LogFile implements Disposable {
  readonly #folder: string;
  #descriptor: number | undefined;
  /** When the open file's day ends, ms since the epoch. */
  #until = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Appends a line; throws what the file system says. */
  write(line: string, now: number): void {
    if (this.#descriptor === undefined || now >= this.#until) this.#open(new Date(now));
    writeSync(this.#descriptor!, line);
  }

  [Symbol.dispose](): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #open(day: Date): void {
    this[Symbol.dispose]();
    const [year, month, date] = [day.getFullYear(), day.getMonth(), day.getDate()];
    const name = `${year}-${String(month + 1).padStart(2, '0')}-${String(date).padStart(2, '0')}.log`;
    this.#descriptor = openSync(join(this.#folder, name), FLAGS, 0o600);
    fchmodSync(this.#descriptor, 0o600);
    this.#until = new Date(year, month, date + 1).valueOf();
  }
}
