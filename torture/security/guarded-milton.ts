import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { newSecret, writeKeys } from '../../src/pipeline/services/keys/key-file.ts';
import { FakeNtfy } from '../../test/support/fake-ntfy.ts';
import { InstalledMilton } from '../../test/support/milton.ts';
import { daemonConfig } from '../daemon-config.ts';

/** One line that the agent wrote when it began. */
export interface Start {
  readonly message: string;
  readonly text: string;
}

/** A Milton that takes signed messages alone, on a server that takes whatever comes. */
export class GuardedMilton implements AsyncDisposable {
  readonly server: FakeNtfy;
  readonly milton: InstalledMilton;
  readonly key = newSecret();
  readonly #folder: string;

  private constructor(server: FakeNtfy) {
    this.server = server;
    this.#folder = mkdtempSync(join(tmpdir(), 'milton-guarded-'));
    const repository = join(this.#folder, 'app');
    mkdirSync(repository);
    execFileSync('git', ['init', '--quiet', repository]);
    this.milton = new InstalledMilton({
      env: { LOG_LEVEL: 'warn' },
      config: daemonConfig({
        ...{ baseUrl: server.url, askTopic: 'asks', answerTopic: 'answers', repository },
        ...{ agentFile: this.#agentFile, authorise: { mode: 'signed', perMinute: 1_000_000 } },
      }),
    });
    const signing = [{ secret: this.key, made: new Date().toISOString() }];
    writeKeys(join(this.milton.folder, 'home/.config/milton/secrets.json'), { v: 1, signing, replies: [newSecret()] });
  }

  static async start(): Promise<GuardedMilton> {
    const guarded = new GuardedMilton(await FakeNtfy.start());
    await guarded.again();
    return guarded;
  }

  /** Starts it, and waits until it listens. */
  async again(): Promise<void> {
    await this.milton.start();
    await this.until(() => this.server.streams > 0, 120_000);
  }

  /** What the agent has begun so far. */
  get starts(): readonly Start[] {
    if (!existsSync(this.#agentFile)) return [];
    const lines = readFileSync(this.#agentFile, 'utf8').split('\n').filter(Boolean);
    return lines.map((line) => {
      const [message = '', text = ''] = line.split('\t');
      return { message, text };
    });
  }

  /** What it has recorded. */
  async jobs(): Promise<readonly { readonly text: string; readonly state: string }[]> {
    const { stdout } = await this.milton.command('runs', 'list', '--limit', '100000', '--json');
    const { runs } = JSON.parse(stdout) as { runs: { message: { text: string }; state: string }[] };
    return runs.map(({ message, state }) => ({ text: message.text, state }));
  }

  /** Resident memory in MB; the most it ever was, as the system counts it. */
  get memory(): { readonly now: number; readonly peak: number } {
    const status = readFileSync(`/proc/${this.milton.pid}/status`, 'utf8');
    const of = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
    return { now: of('VmRSS'), peak: of('VmHWM') };
  }

  /** Resolves to whether it came true in time (ms). */
  async until(condition: () => boolean, within: number): Promise<boolean> {
    for (const deadline = performance.now() + within; performance.now() < deadline; await sleep(20)) {
      if (condition()) return true;
    }
    return condition();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.milton[Symbol.asyncDispose]();
    await this.server.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #agentFile(): string {
    return join(this.#folder, 'agent.tsv');
  }
}
