import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';

const SCRIPT = join(import.meta.dirname, 'user-manager.sh');
const UID = 1000;

/** How a program has ended. */
export interface Ran {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * A real systemd user manager of an ordinary user with an empty home folder, beside whatever runs on this machine and without
 * touching it. It needs root, to make the namespaces that keep the two apart.
 */
export class UserManager implements AsyncDisposable {
  readonly root = mkdtempSync(join(tmpdir(), 'milton-user-'));
  readonly home = join(this.root, 'home');
  #said = '';
  #process: ChildProcess | undefined;
  #inside = '';

  private constructor() {
    mkdirSync(this.home);
    writeFileSync(join(this.root, 'passwd'), `tester:x:${UID}:${UID}::${this.home}:/bin/sh\n`);
  }

  static async start(): Promise<UserManager> {
    const manager = new UserManager();
    await manager.boot().catch(async (error: unknown) => {
      await manager[Symbol.asyncDispose]();
      throw error;
    });
    return manager;
  }

  /** Everything the manager itself said. */
  get said(): string {
    return this.#said;
  }

  /** Starts the manager, as a boot with linger does; resolves when it can be asked. */
  async boot(): Promise<void> {
    const child = spawn('unshare', ['--mount', '--cgroup', 'bash', SCRIPT, this.root, String(UID)]);
    this.#process = child;
    this.#inside = '';
    const from = this.#said.length;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#said += text;
        this.#inside ||= /^inside (\d+)$/m.exec(this.#said.slice(from))?.[1] ?? '';
      });
    }
    const ready = async () => {
      if (child.exitCode !== null) throw new Error(`there is no user manager here:\n${this.#said}`);
      if (this.#inside === '') return false;
      const { stdout } = await this.run('systemctl', '--user', 'is-system-running');
      return /^(running|degraded)$/.test(stdout.trim());
    };
    await vi.waitUntil(ready, { timeout: 60_000, interval: 50 });
  }

  /** Runs a program as the user, who has logged in. */
  run(bin: string, ...args: readonly string[]): Promise<Ran> {
    const env = {
      ...{ PATH: '/usr/local/bin:/usr/bin:/bin', HOME: this.home, USER: 'tester', SHELL: '/bin/sh' },
      ...{ XDG_RUNTIME_DIR: `/run/user/${UID}` },
    };
    const enter = ['--target', this.#inside, '--mount', '--pid', '--user', '--preserve-credentials', '--wd=/'];
    return new Promise((resolve) => {
      execFile('nsenter', [...enter, '--', bin, ...args], { env }, (error, stdout, stderr) => {
        resolve({ code: error ? (error.code ?? error.signal ?? 'unknown') : 0, stdout, stderr });
      });
    });
  }

  /** Ends all units in order, as a shutdown of the machine does. */
  async shutDown(): Promise<void> {
    const child = this.#process!;
    const from = this.#said.length;
    await this.run('systemctl', '--user', 'exit');
    await vi.waitUntil(() => this.#said.slice(from).includes('the manager has ended'), { timeout: 60_000 });
    await this.#end(child);
  }

  async #end(child: ChildProcess): Promise<void> {
    if (child.exitCode === null && child.signalCode === null) {
      child.stdin?.end();
      await once(child, 'exit');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process) await this.#end(this.#process);
    rmSync(this.root, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}
