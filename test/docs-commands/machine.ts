import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { FakeNtfy } from '../support/fake-ntfy.ts';
import { root } from '../support/pages.ts';

const MAIN = join(root, 'dist/src/cli/main.js');

/** Waits for it, also outside of a test. */
export const comes = (condition: () => boolean) => vi.waitUntil(condition, { timeout: 60_000, interval: 20 });

/** The pipeline of the repository's own configuration, with the stand-in as its agent. */
const config = (transport: string, steps: readonly string[]) => `
import { approve, authorise, classify, commands, dedupe, defineConfig, env, execute, late, limits, ntfy, promptBuild, publish,
  queue, rehearsal, research, sqlite, summarise, terminal } from 'milton-orchestrator';
export default defineConfig({
  repositories: { app: { path: env.TARGET_REPO } },
  transports: [${transport}],
  store: sqlite(),
  agents: [rehearsal()],
  pipeline: [${steps.join(', ')}],
});
`;
const STEPS = ['dedupe()', 'authorise()', 'classify()', 'limits()', 'late()', 'commands()', 'approve()', 'queue()'];
const WORK = ['research()', 'promptBuild()', 'execute()', 'summarise()', 'publish()'];

/** How a command line of the pages is run, and what must come of it: exit code 0 unless `code` says another one. */
export interface Line {
  readonly code?: number | readonly number[];
  readonly input?: string;
  /** The current folder, below the home folder: the repository unless given. */
  readonly folder?: string;
  /** It goes on by itself: what it says once it is at work. It is stopped then, and must end with 143. */
  readonly until?: RegExp;
  /** Makes what it needs, before it or while it waits. The id of a request that is returned stands for the one in the page. */
  before?(machine: Machine): Promise<string | undefined>;
  during?(machine: Machine): Promise<void>;
}
export interface Ended {
  readonly code: number | string;
  readonly said: string;
}

/** A home folder with a configuration, a repository in ~/src/app, an ntfy server, and `milton` in the PATH, all in a scratch folder. */
export class Machine implements AsyncDisposable {
  readonly home = mkdtempSync(join(tmpdir(), 'milton-docs-'));
  readonly #env = {
    HOME: this.home,
    PATH: `${join(this.home, 'bin')}:${process.env.PATH}`,
    GIT_CONFIG_NOSYSTEM: '1',
    LC_ALL: 'C',
  };
  readonly server: FakeNtfy;
  #daemon: { stop(): void; ended: Promise<Ended> } | undefined;
  /** The request that the pages call req_k4m2xa. */
  #example = 'req_k4m2xa';

  private constructor(server: FakeNtfy) {
    this.server = server;
  }

  static async make(): Promise<Machine> {
    const machine = new Machine(await FakeNtfy.start());
    const own = machine.#folder('.config/milton');
    const topics = 'ASK_TOPIC=asks\nANSWER_TOPIC=answers\n';
    machine.#write(own, '.env', `TARGET_REPO=~/src/app\nNTFY_BASE_URL=${machine.server.url}\n${topics}`);
    machine.#write(own, 'milton.config.ts', config('ntfy()', [...STEPS, ...WORK]));
    machine.#write(machine.#folder('try'), 'try.config.ts', config('terminal()', [...STEPS, ...WORK]));
    machine.#write(join(machine.home, 'try'), '.env', 'TARGET_REPO=~/src/app\n');
    const bin = machine.#folder('bin');
    symlinkSync(process.execPath, join(bin, 'node'));
    machine.#write(bin, 'milton', `#!/bin/sh\nexec node '${MAIN}' "$@"\n`);
    chmodSync(join(bin, 'milton'), 0o700);
    machine.#folder('src/app');
    const made = await machine.run(
      'git init -qb main && git config --global user.name Tester && git config --global user.email tester@example.org && ' +
        'echo "An app." > README.md && git add . && git commit -qm Start',
    );
    if (made.code !== 0) throw new Error(made.said);
    return machine;
  }

  /** Starts Milton, and has it finish the request of the pages. */
  async start(): Promise<void> {
    this.#daemon = await this.#begin('milton start', /is ready/);
    await comes(() => this.server.streams === 1);
    this.#example = await this.finished('CODE: add a login page');
  }

  /** Sends a request, and returns its id once its last notice is there. */
  finished(text: string): Promise<string> {
    return this.#notice(text, /finished/);
  }

  /** Sends a request that Milton asks about, and returns its id once it has asked. */
  asked(text: string): Promise<string> {
    return this.#notice(text, /Run it\?/);
  }

  /** Runs a command line as a person would in a terminal, whose folder is the repository. */
  async run(line: string, how: Line = {}): Promise<Ended> {
    const example = (await how.before?.(this)) ?? this.#example;
    const typed = line.replaceAll('k4m2xa', example.slice(4)).replace(/\bFILE$/, '~/.config/milton/milton.config.ts');
    if (!how.until) {
      const { ended } = this.#spawn(typed, how);
      await how.during?.(this);
      return ended;
    }
    const begun = await this.#begin(typed, how.until, how);
    begun.stop();
    return begun.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#daemon?.stop();
    await this.#daemon?.ended;
    await this.server.close();
    rmSync(this.home, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }

  /** A request that still runs may say the same meanwhile: the answer to this message is about one nobody has heard of. */
  async #notice(text: string, title: RegExp): Promise<string> {
    const titles = (matching: RegExp) =>
      this.server.cache
        .filter((one) => one.topic === 'answers' && matching.test(String(one.title)))
        .flatMap((one) => /req_[a-z2-7]{6}/.exec(String(one.title)) ?? []);
    const known = new Set(titles(/./));
    const answered = () => titles(title).find((id) => !known.has(id));
    this.server.publish('asks', text);
    await comes(() => answered() !== undefined);
    return answered()!;
  }

  async #begin(line: string, until: RegExp, how: Line = {}) {
    const begun = this.#spawn(line, how);
    try {
      await Promise.race([begun.says(until), begun.ended.then(({ said }) => Promise.reject(new Error(said)))]);
      return begun;
    } catch (error) {
      begun.stop();
      throw error;
    }
  }

  #spawn(line: string, { input, folder = 'src/app' }: Line) {
    const cwd = join(this.home, folder);
    const child = spawn('sh', ['-c', line], { cwd, env: this.#env, detached: true });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
    child.stdin.on('error', () => {}).end(input);
    const ended = new Promise<Ended>((resolve) => {
      child.on('close', (code, signal) => resolve({ code: code ?? signal ?? '', said }));
    });
    const stop = () => {
      if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, 'SIGTERM');
    };
    const says = (pattern: RegExp) => comes(() => pattern.test(said));
    return { ended, stop, says };
  }

  #folder(name: string): string {
    const path = join(this.home, name);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return path;
  }

  #write(folder: string, name: string, text: string): void {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
  }
}
