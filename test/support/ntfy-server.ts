import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const INSTALLED = resolve(import.meta.dirname, '../../.cache/ntfy/sid/usr/bin/ntfy');

/** Who may do what on a server with access control. */
export interface NtfyAccess {
  readonly askTopic: string;
  readonly answerTopic: string;
  /** Lets everybody write asks, so that a tap on a button arrives. */
  readonly tapsArrive?: boolean;
}

export interface NtfyServerOptions {
  /** Denies everybody but two users: the phone may write asks and read answers, Milton the other way round. */
  readonly access?: NtfyAccess;
  /** Further lines of server.yml. */
  readonly config?: readonly string[];
  /** Starts it again where it ends by itself, as its service would. */
  readonly supervised?: boolean;
}

/** The path of the real server; throws with what to do where it is missing. */
export function ntfyBinary(): string {
  const path = process.env.NTFY_BIN ?? INSTALLED;
  if (!existsSync(path)) throw new Error(`There is no ntfy server at ${path}. Run scripts/get-ntfy, or set NTFY_BIN.`);
  return path;
}

/** Whether the real server is one of before 2026: without users in its configuration, and without sequence ids. */
export function isOldServer(): boolean {
  return !execFileSync(ntfyBinary(), ['serve', '--help'], { encoding: 'utf8' }).includes('auth-users');
}

/** A real ntfy server on 127.0.0.1, in a folder of its own. */
export class NtfyServer {
  readonly url: string;
  /** Access tokens, where the server has access control. */
  readonly tokens: { readonly phone: string; readonly milton: string } | undefined;
  readonly #folder: string;
  readonly #supervised: boolean;
  #process: ChildProcess | undefined;
  /** The end of what it said. */
  #log = '';

  private constructor(url: string, folder: string, tokens: NtfyServer['tokens'], supervised: boolean) {
    this.url = url;
    this.#folder = folder;
    this.tokens = tokens;
    this.#supervised = supervised;
  }

  static async start({ access, config = [], supervised = false }: NtfyServerOptions = {}): Promise<NtfyServer> {
    const binary = ntfyBinary();
    const tokens = access && { phone: newToken(binary), milton: newToken(binary) };
    const folder = await mkdtemp(join(tmpdir(), 'milton-ntfy-'));
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const lines = [
      `base-url: "${url}"`,
      `listen-http: "127.0.0.1:${port}"`,
      `cache-file: "${join(folder, 'cache.db')}"`,
      `attachment-cache-dir: "${join(folder, 'files')}"`,
      'keepalive-interval: "5s"',
      'visitor-request-limit-burst: 100000',
      'visitor-request-limit-replenish: "1ms"',
      'visitor-request-limit-exempt-hosts: "127.0.0.1"',
      'visitor-subscription-limit: 200',
      'visitor-topic-creation-limit-burst: 0',
      'web-root: "disable"',
      ...(access && tokens ? accessLines(folder, access, tokens) : []),
      ...config,
    ];
    await writeFile(join(folder, 'server.yml'), `${lines.join('\n')}\n`);
    const server = new NtfyServer(url, folder, tokens, supervised);
    await server.#launch(binary);
    return server;
  }

  /** Kills the server and starts it again, with its cache unless told otherwise. */
  async restart({ loseCache = false, downMs = 0 }: { loseCache?: boolean; downMs?: number } = {}): Promise<void> {
    await this.halt();
    if (loseCache) await rm(join(this.#folder, 'cache.db'), { force: true });
    await sleep(downMs);
    await this.resume();
  }

  /** Starts it again after `halt`. */
  async resume(): Promise<void> {
    if (!this.#process) await this.#launch(ntfyBinary());
  }

  async stop(): Promise<void> {
    try {
      await this.halt();
    } finally {
      await rm(this.#folder, { recursive: true, force: true });
    }
  }

  async #launch(binary: string): Promise<void> {
    const args = ['serve', '--config', join(this.#folder, 'server.yml')];
    const child = spawn(binary, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { HOME: this.#folder } });
    this.#process = child;
    this.#log = '';
    let started = false;
    child.once('exit', () => {
      if (this.#process !== child || !this.#supervised || !started) return;
      console.log(this.#whyEnded(child));
      // Where it does not start again either, the run fails with why.
      void this.#launch(binary);
    });
    child.stderr.on('data', (chunk) => {
      this.#log = (this.#log + chunk).slice(-4000);
    });
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(20)) {
      if (hasEnded(child)) break;
      const healthy = await fetch(`${this.url}/v1/health`).then(
        async (response) => response.ok && ((await response.json()) as { healthy?: boolean }).healthy,
        () => false,
      );
      if (healthy) {
        started = true;
        return;
      }
    }
    // Halted meanwhile.
    if (this.#process !== child) return;
    await this.stop();
    throw new Error(`The ntfy server did not start within a minute:\n${this.#log}`);
  }

  /** Kills it, as a crash would; the cache stays. Throws where it has ended by itself, with what it said of it. */
  async halt(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child) return;
    if (hasEnded(child)) throw new Error(this.#whyEnded(child));
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  }

  #whyEnded({ exitCode, signalCode }: ChildProcess): string {
    return `The ntfy server ended by itself (${exitCode ?? signalCode}):\n${this.#log}`;
  }
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess) => exitCode !== null || signalCode !== null;

function accessLines(folder: string, access: NtfyAccess, tokens: NonNullable<NtfyServer['tokens']>) {
  const { askTopic, answerTopic, tapsArrive = false } = access;
  const rights = [
    ...[`phone:${askTopic}:write-only`, `phone:${answerTopic}:read-only`],
    ...[`milton:${askTopic}:read-write`, `milton:${answerTopic}:write-only`],
    ...(tapsArrive ? [`everyone:${askTopic}:write-only`] : []),
  ];
  // Nobody logs in by password here; this is the hash of no known one.
  const hash = '$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy';
  return [
    `auth-file: "${join(folder, 'user.db')}"`,
    'auth-default-access: "deny-all"',
    `auth-users: ["phone:${hash}:user", "milton:${hash}:user"]`,
    `auth-access: [${rights.map((right) => `"${right}"`).join(', ')}]`,
    `auth-tokens: ["phone:${tokens.phone}", "milton:${tokens.milton}"]`,
  ];
}

const newToken = (binary: string) =>
  /tk_\w+/.exec(execFileSync(binary, ['token', 'generate'], { encoding: 'utf8' }))![0];

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
