import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const root = resolve(import.meta.dirname, '../..');
const main = join(root, 'dist/src/cli/main.js');

export interface MiltonOptions {
  /** Environment variables; nothing else is inherited but PATH. */
  readonly env?: Readonly<Record<string, string>>;
  /** The whole text of milton.config.ts. */
  readonly config: string;
}

/** An installed Milton: an empty home, a folder with a configuration, and the built command line as a process of its own. */
export class InstalledMilton implements AsyncDisposable {
  readonly folder: string;
  readonly state: string;
  readonly #env: Readonly<Record<string, string>>;
  #process: ChildProcess | undefined;
  #said = '';

  constructor({ env = {}, config }: MiltonOptions) {
    this.folder = mkdtempSync(join(tmpdir(), 'milton-e2e-'));
    this.state = join(this.folder, 'state');
    mkdirSync(join(this.folder, 'home'));
    mkdirSync(join(this.folder, 'node_modules'));
    symlinkSync(root, join(this.folder, 'node_modules/milton-orchestrator'));
    this.#env = { PATH: process.env.PATH ?? '', HOME: join(this.folder, 'home'), STATE_DIR: this.state, ...env };
    this.configure(config);
  }

  configure(config: string): void {
    writeFileSync(join(this.folder, 'milton.config.ts'), config);
  }

  /** Everything the daemons of this installation wrote to stderr. */
  get said(): string {
    return this.#said;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Starts the daemon; resolves when it says that it is ready. */
  async start(env: Readonly<Record<string, string>> = {}): Promise<void> {
    const child = spawn(process.execPath, [main, 'start'], {
      cwd: this.folder,
      env: { ...this.#env, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#process = child;
    const from = this.#said.length;
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#said += chunk;
    });
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(10)) {
      if (this.#said.slice(from).includes('is ready')) return;
      if (child.exitCode !== null || child.signalCode !== null) break;
    }
    throw new Error(`Milton did not start:\n${this.#said.slice(from)}`);
  }

  /** Resolves when the daemon has ended by itself, with the signal or exit code. */
  async ended(): Promise<string> {
    const child = this.#process;
    if (!child) return 'none';
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child.signalCode ?? String(child.exitCode);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<string> {
    const child = this.#process;
    if (child && child.exitCode === null && child.signalCode === null) child.kill(signal);
    return this.ended();
  }

  /** Runs one command of the command line beside the daemon. */
  async command(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const options = { cwd: this.folder, env: { ...this.#env } };
    try {
      return { code: 0, ...(await promisify(execFile)(process.execPath, [main, ...args], options)) };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, stdout, stderr };
    }
  }

  /** Runs of one state, oldest first, as `milton runs list --json` tells them. */
  async runs(): Promise<readonly { id: string; state: string }[]> {
    const { stdout, stderr } = await this.command('runs', 'list', '--limit', '100', '--json');
    if (!stdout) throw new Error(`no list of runs: ${stderr}`);
    return [...(JSON.parse(stdout) as { runs: { id: string; state: string }[] }).runs].reverse();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGKILL');
    // What it has started to look at an agent may still write into the home folder for a moment.
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}
