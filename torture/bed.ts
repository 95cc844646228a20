import { execFile, execFileSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InstalledMilton } from '../test/support/milton.ts';
import type { NtfyServer } from '../test/support/ntfy-server.ts';
import { check, holds } from './checker/check.ts';
import { answersOf, asAnswer, jsonLines, type Published, passages, starts } from './checker/evidence.ts';
import { type DaemonConfig, daemonConfig } from './daemon-config.ts';
import { ChaosProxy } from './proxy/chaos-proxy.ts';
import { Publisher } from './publisher.ts';

const LOOK = 250;
const NEWLINE = 10;

export interface BedOptions extends Pick<DaemonConfig, 'ntfy' | 'workMs' | 'concurrency'> {
  readonly server: NtfyServer;
  readonly seed: number;
  /** How many times faster Milton's time runs. */
  readonly faster?: number;
  readonly logLevel?: 'warn' | 'error';
}

/** What the independent checker printed, and whether it found every promise kept. */
export interface Judgement {
  readonly kept: boolean;
  readonly counts: Readonly<Record<string, number>>;
  /** The ids it named. */
  readonly complaints: string;
}

let beds = 0;
const standing = new Set<Bed>();

/** Ends every Milton and proxy there is, for when the torture itself is stopped. */
export async function clearAway(): Promise<void> {
  await Promise.all([...standing].map((bed) => bed[Symbol.asyncDispose]()));
}

/** One Milton behind one chaos proxy, with a publisher and everything the checker will look at. */
export class Bed implements AsyncDisposable {
  readonly milton: InstalledMilton;
  readonly publisher: Publisher;
  readonly proxy: ChaosProxy;
  readonly #folder: string;
  readonly #answers: string;
  readonly #counted = { bytes: 0, lines: 0 };

  private constructor(
    folder: string,
    proxy: ChaosProxy,
    { server, faster, logLevel = 'warn', ...options }: BedOptions,
  ) {
    const number = ++beds;
    standing.add(this);
    const [askTopic, answerTopic] = [`ask-${process.pid}-${number}`, `answer-${process.pid}-${number}`];
    const repository = join(folder, 'app');
    execFileSync('git', ['init', '--quiet', repository]);
    const author = ['-c', 'user.name=Torture', '-c', 'user.email=torture@localhost'];
    execFileSync('git', [...author, 'commit', '--quiet', '--allow-empty', '-m', 'Start'], { cwd: repository });
    this.#folder = folder;
    this.#answers = `${server.url}/${answerTopic}`;
    this.proxy = proxy;
    this.publisher = new Publisher(`${server.url}/${askTopic}`, join(folder, 'published.jsonl'));
    const agentFile = join(folder, 'agent.tsv');
    const fast = faster && {
      NODE_OPTIONS: `--import=${new URL('fast-time.ts', import.meta.url)}`,
      FAST_TIME: String(faster),
    };
    this.milton = new InstalledMilton({
      env: { LOG_LEVEL: logLevel, ...fast },
      config: daemonConfig({ ...options, baseUrl: proxy.url, askTopic, answerTopic, repository, agentFile }),
    });
  }

  static async lay(options: BedOptions): Promise<Bed> {
    const folder = mkdtempSync(join(tmpdir(), 'milton-torture-'));
    mkdirSync(join(folder, 'app'));
    const proxy = await ChaosProxy.start(options.server.url, options.seed, join(folder, 'passages.jsonl'));
    return new Bed(folder, proxy, options);
  }

  /** Resolves when Milton's subscription stands. */
  async connected(): Promise<void> {
    await this.until(async () => (await this.proxy.counts()).open > 0, 120_000, 'Milton did not connect');
  }

  /** The server lost all it had. */
  noteWipe(): void {
    appendFileSync(join(this.#folder, 'wipes.jsonl'), `${JSON.stringify({ at: Date.now() })}\n`);
  }

  /** How many starts the agent wrote down; only what was added is read, since the file may become long. */
  get started(): number {
    const path = join(this.#folder, 'agent.tsv');
    if (!existsSync(path)) return 0;
    const file = openSync(path, 'r');
    const chunk = Buffer.alloc(1 << 20);
    for (let bytes = 1; bytes > 0; this.#counted.bytes += bytes) {
      bytes = readSync(file, chunk, 0, chunk.length, this.#counted.bytes);
      for (const byte of chunk.subarray(0, bytes)) if (byte === NEWLINE) this.#counted.lines++;
    }
    closeSync(file);
    return this.#counted.lines;
  }

  /** Whether the daemon is still there. */
  get isRunning(): boolean {
    try {
      process.kill(this.milton.pid!, 0);
      return true;
    } catch {
      return false;
    }
  }

  /** Milton's resident memory in MB. */
  get memory(): number {
    const status = readFileSync(`/proc/${this.milton.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
  }

  /** Waits until all that was published is done and told, or until the time (ms) is over: the checker then says what is missing. */
  async settled(within: number): Promise<boolean> {
    for (const deadline = performance.now() + within; performance.now() < deadline; ) {
      const began = performance.now();
      if (await this.#isSettled()) return true;
      await sleep(Math.max(LOOK, 4 * (performance.now() - began)));
    }
    return false;
  }

  async until(condition: () => Promise<boolean> | boolean, within: number, complaint: string): Promise<void> {
    for (const deadline = performance.now() + within; !(await condition()); await sleep(20)) {
      if (performance.now() > deadline)
        throw new Error(`${complaint} within ${within} ms:\n${this.milton.said.slice(-2_000)}`);
    }
  }

  /** Has the checker, a process of its own, compare what was published with what was done. */
  async judge({ finals = true } = {}): Promise<Judgement> {
    const checker = new URL('checker/main.ts', import.meta.url).pathname;
    const args = [checker, ...(finals ? [] : ['--no-finals']), this.#folder, this.#answers];
    const { stdout, stderr, code } = await new Promise<{ stdout: string; stderr: string; code: number }>((resolve) => {
      execFile(process.execPath, args, { maxBuffer: 1e8 }, (error, stdout, stderr) =>
        resolve({ stdout, stderr, code: error ? Number(error.code) : 0 }),
      );
    });
    const lines = [...stdout.matchAll(/^(.+) (\d+)$/gm)].map(([, what, count]) => [what!, Number(count)]);
    return { kept: code === 0, counts: Object.fromEntries(lines), complaints: stderr.trim() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    standing.delete(this);
    await this.milton[Symbol.asyncDispose]();
    await this.proxy[Symbol.asyncDispose]();
    if (!process.env.TORTURE_KEEP) rmSync(this.#folder, { recursive: true, force: true });
    else console.error(`kept: ${this.#folder}`);
  }

  async #isSettled(): Promise<boolean> {
    const file = (name: string) => join(this.#folder, name);
    // Cheap to see, and enough to know that it is too early; a few may end as interrupted.
    if (this.started < this.publisher.count * 0.7) return false;
    const begun = starts(file('agent.tsv'));
    const taken = passages(file('passages.jsonl')).taken.filter(({ topic }) => this.#answers.endsWith(`/${topic}`));
    const answers = [...(await answersOf(this.#answers)), ...taken.map(({ message }) => asAnswer(message))];
    return holds(check({ published: jsonLines<Published>(file('published.jsonl')), starts: begun, answers }));
  }
}
