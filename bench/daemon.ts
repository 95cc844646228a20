import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');

/** The built command line. */
export const MILTON = join(root, 'dist/src/cli/main.js');

/** A folder with a git repository, a configuration and an empty home, in which the built Milton runs as a user would run it. */
export class Daemon implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'milton-bench-'));
  readonly env: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;

  constructor(config: string, env: Readonly<Record<string, string>> = {}) {
    const [home, app] = [join(this.folder, 'home'), join(this.folder, 'app')];
    for (const each of [home, app, join(this.folder, 'node_modules')]) mkdirSync(each);
    symlinkSync(root, join(this.folder, 'node_modules/milton-orchestrator'));
    writeFileSync(join(this.folder, 'milton.config.ts'), config);
    const common = { PATH: process.env.PATH ?? '', HOME: home };
    this.env = { ...common, STATE_DIR: join(this.folder, 'state'), TARGET_REPO: app, ...env };
    const git = (...args: readonly string[]) =>
      execFileSync('git', args, { cwd: app, env: { ...common, GIT_CONFIG_NOSYSTEM: '1' }, stdio: 'ignore' });
    git('init', '--quiet', '--initial-branch=main');
    git('-c', 'user.name=Bench', '-c', 'user.email=bench@localhost', 'commit', '--allow-empty', '-m', 'Start');
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts it; resolves to the milliseconds until it says that it is ready. */
  async start(): Promise<number> {
    const began = performance.now();
    const stdio: ['ignore', 'ignore', 'pipe'] = ['ignore', 'ignore', 'pipe'];
    const child = spawn(process.execPath, [MILTON, 'start'], { cwd: this.folder, env: this.env, stdio });
    this.#child = child;
    let said = '';
    for await (const chunk of child.stderr) {
      said += chunk;
      if (!said.includes('is ready')) continue;
      const taken = performance.now() - began;
      // The loop's end closes the pipe, on which Milton goes on without a reader.
      return taken;
    }
    throw new Error(`Milton did not start:\n${said}`);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The default pipeline on an ntfy server that nobody runs: everything is loaded and set up, nothing is heard. */
export const DEFAULT_CONFIG = `
import { authorise, classify, claude, commands, dedupe, defineConfig, env, execute, ntfy, promptBuild, publish, queue,
  rehearsal, research, sqlite, summarise } from 'milton-orchestrator';

export default defineConfig({
  repositories: { app: { path: env.TARGET_REPO } },
  transports: [ntfy({ baseUrl: 'http://127.0.0.1:9' })],
  store: sqlite(),
  agents: [rehearsal(), claude()],
  pipeline: [dedupe(), authorise(), classify(), commands(), queue(),
    research(), promptBuild(), execute(), summarise(), publish()],
});
`;
