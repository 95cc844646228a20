import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A scratch home folder with stand-ins for programs of the system, which write down how they were called. */
export class StandIns implements Disposable {
  readonly home = mkdtempSync(join(tmpdir(), 'milton-stand-in-'));
  readonly bin = join(this.home, 'bin');
  #seen = 0;

  constructor() {
    mkdirSync(this.bin);
  }

  /** Puts a program there; its script may use `$home`. */
  program(name: string, script: string): void {
    const file = join(this.bin, name);
    writeFileSync(file, `#!/bin/sh\nhome='${this.home}'\necho "${name} $*" >> "$home/calls"\n${script}\n`);
    chmodSync(file, 0o755);
  }

  write(name: string, text: string): string {
    writeFileSync(join(this.home, name), text);
    return join(this.home, name);
  }

  /** How they were called since the last look, one call per line. */
  calls(): string[] {
    const file = join(this.home, 'calls');
    // Whole lines, which stay where they are: another one may come while this looks.
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
    const fresh = lines.slice(this.#seen);
    this.#seen = lines.length;
    return fresh;
  }

  [Symbol.dispose](): void {
    // One that is still being called may write into it for a moment.
    rmSync(this.home, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}
