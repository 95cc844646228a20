import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { stripVTControlCharacters } from 'node:util';
import { expect } from 'vitest';

export const KEYS = { enter: '\r', down: '\x1b[B', interrupt: '\x03' } as const;

export interface PseudoTerminalOptions {
  readonly cwd: string;
  /** Nothing else is inherited. */
  readonly env: Readonly<Record<string, string>>;
}

/** A person at a terminal: a program runs on a real pseudo-terminal, is typed to, and is watched. */
export class PseudoTerminal implements AsyncDisposable {
  /** How often a key was struck. */
  strokes = 0;
  readonly #child: ChildProcess;
  /** Once all that it has shown is read as well. */
  readonly #closed: Promise<unknown>;
  #shown = '';
  #read = 0;

  constructor(command: readonly string[], { cwd, env }: PseudoTerminalOptions) {
    const line = command.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
    const size = 'stty rows 50 cols 120';
    // util-linux's `script` opens the pseudo-terminal, and ends with the program's exit code.
    this.#child = spawn(
      'script',
      ['--quiet', '--return', '--flush', '--command', `${size}; exec ${line}`, '/dev/null'],
      {
        ...{ cwd, env: { SHELL: '/bin/sh', TERM: 'xterm-256color', ...env } },
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    this.#closed = once(this.#child, 'close');
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.#shown += chunk;
    });
  }

  /** Everything shown so far, without what steers a terminal. */
  get shown(): string {
    return stripVTControlCharacters(this.#shown).replaceAll('\r', '');
  }

  /** Waits for a text behind what was waited for before. */
  async sees(text: string | RegExp, timeout = 60_000): Promise<void> {
    const found = () => {
      const { shown } = this;
      const rest = shown.slice(this.#read);
      if (typeof text === 'string') return rest.includes(text) ? this.#read + rest.indexOf(text) + text.length : -1;
      const match = text.exec(rest);
      return match ? this.#read + match.index + match[0].length : -1;
    };
    await expect.poll(() => (found() >= 0 ? text : this.shown.slice(this.#read)), { timeout }).toBe(text);
    this.#read = found();
  }

  /** Strikes the keys one after the other; a text is as many as it has characters. */
  type(...keys: readonly string[]): void {
    for (const key of keys) {
      this.strokes += Object.values<string>(KEYS).includes(key) ? 1 : key.length;
      this.#child.stdin?.write(key);
    }
  }

  /** Resolves with the exit code. */
  async ended(): Promise<number | null> {
    await this.#closed;
    return this.#child.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await gone;
  }
}
