import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import { exitCode, lookAt } from '../../../src/cli/doctor/doctor.ts';
import type { Finding } from '../../../src/cli/doctor/examination.ts';
import { type Machine, thisMachine } from '../../../src/cli/doctor/patient.ts';
import { FakeNtfy, FORBIDDEN } from '../../support/fake-ntfy.ts';
import { type GitRepo, gitRepo } from '../../support/git-repo.ts';

const TOKEN = `tk_${'m'.repeat(29)}`;
export const ASK = 'ask-4f1b6c0d9e2a7385';
export const ANSWER = 'answer-91c7e0b3d5f2864a';
export const SECRET = 'x'.repeat(43);
const PERPLEXITY = 'pplx-0123456789abcdef';

const GIT = { PATH: process.env.PATH ?? '', HOME: '/nowhere', GIT_CONFIG_NOSYSTEM: '1' };

/** For what answers, however busy the machine is; what does not answer gets less in its test. */
const PATIENCE = { whole: 60_000, agent: 50_000, answer: 20_000 };

const CLAUDE = `case "$1" in
  --version) echo '2.1.330 (Claude Code)' ;;
  auth) echo '{"loggedIn": true}' ;;
  *) echo 'Error: Input must be provided' >&2; exit 1 ;;
esac`;

/** A home folder in which all is well, on a machine whose programs and servers are stand-ins; each can be broken. */
export class Clinic implements AsyncDisposable {
  readonly home = mkdtempSync(join(tmpdir(), 'milton-'));
  readonly env: Record<string, string> = {};
  readonly machine: { -readonly [Each in keyof Machine]?: Machine[Each] } = {};
  readonly ntfy: FakeNtfy;
  readonly #perplexity: Server;
  readonly #before = { ...process.env };
  readonly #folder = process.cwd();
  /** What the research service answers, by the key it is asked with. */
  researchAnswers: (key: string | undefined) => number = (key) => (key === `Bearer ${PERPLEXITY}` ? 400 : 401);

  private constructor(ntfy: FakeNtfy, perplexity: Server) {
    this.ntfy = ntfy;
    this.#perplexity = perplexity;
    perplexity.on('request', ({ headers }, response) => {
      response.writeHead(this.researchAnswers(headers.authorization)).end();
    });
  }

  static async open(): Promise<Clinic> {
    const perplexity = createServer().listen(0, '127.0.0.1');
    await once(perplexity, 'listening');
    const clinic = new Clinic(await FakeNtfy.start(), perplexity);
    clinic.#furnish();
    return clinic;
  }

  #furnish(): void {
    this.ntfy.dates = true;
    this.ntfy.chaos.denies = (login) => (login === `Bearer ${TOKEN}` ? undefined : FORBIDDEN);
    for (const name of ['git', 'sh', 'cat', 'sleep']) {
      const at = execFileSync('/bin/sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
      mkdirSync(join(this.home, 'bin'), { recursive: true });
      symlinkSync(at, join(this.home, 'bin', name));
    }
    this.program('claude', CLAUDE);
    this.program('bwrap', 'echo hidden');
    this.program('socat', 'exit 0');
    cpSync(checkout(), this.path('app'), { recursive: true });
    this.write('.config/milton/secrets.json', keysText());
    this.write('milton.config.ts', configuration());
    this.settings();
  }

  /** Where the research service is. */
  get perplexity(): string {
    return `http://127.0.0.1:${(this.#perplexity.address() as AddressInfo).port}`;
  }

  /** Writes the `.env`, with other values where some are given; undefined takes one out. */
  settings(other: Readonly<Record<string, string | undefined>> = {}): void {
    const all = {
      ...{ TARGET_REPO: 'app', STATE_DIR: 'state', NTFY_BASE_URL: this.ntfy.url, NTFY_TOKEN: TOKEN },
      ...{ ASK_TOPIC: ASK, ANSWER_TOPIC: ANSWER },
      ...{ PERPLEXITY_API_KEY: PERPLEXITY, PERPLEXITY_BASE_URL: this.perplexity, ...other },
    };
    const lines = Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}\n`]));
    this.write('.env', lines.join(''));
  }

  path(name: string): string {
    return join(this.home, name);
  }

  write(name: string, text: string, mode = 0o600): void {
    mkdirSync(dirname(this.path(name)), { recursive: true, mode: 0o700 });
    rmSync(this.path(name), { force: true });
    writeFileSync(this.path(name), text, { mode });
  }

  remove(name: string): void {
    rmSync(this.path(name), { recursive: true, force: true });
  }

  /** Puts a program into PATH, as the body of a shell script. */
  program(name: string, body: string): void {
    this.write(`bin/${name}`, `#!/bin/sh\n${body}\n`, 0o755);
  }

  git(...args: readonly string[]): void {
    mkdirSync(this.path('app'), { recursive: true });
    execFileSync('git', args, { cwd: this.path('app'), env: GIT, stdio: 'ignore' });
  }

  /** What every variable of the process is while the doctor looks. */
  get variables(): Record<string, string> {
    return { HOME: this.home, PATH: this.path('bin'), USER: 'tester', ...this.env };
  }

  /** Has the doctor look, in this process. */
  async look(
    flags: Readonly<Record<string, string>> = {},
  ): Promise<{ findings: readonly Finding[]; wrong: readonly Finding[]; code: number }> {
    this.#become(this.variables);
    process.chdir(this.home);
    try {
      const findings = await lookAt(flags, {
        ...thisMachine(),
        patience: PATIENCE,
        home: this.home,
        ntfySettings: this.path('server.yml'),
        ...this.machine,
      });
      return { findings, wrong: findings.filter(({ state }) => state !== 'ok'), code: exitCode(findings) };
    } finally {
      process.chdir(this.#folder);
      this.#become(this.#before);
    }
  }

  #become(variables: NodeJS.ProcessEnv): void {
    for (const name of Object.keys(process.env)) delete process.env[name];
    Object.assign(process.env, variables);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.ntfy.close();
    this.#perplexity.closeAllConnections();
    await new Promise((closed) => this.#perplexity.close(closed));
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}

let template: GitRepo | undefined;

/** A checkout with one commit, made once. */
function checkout(): string {
  template ??= gitRepo();
  return template.path;
}
afterAll(() => template?.[Symbol.dispose]());

/** The file of the keys, with one. */
export const keysText = () =>
  JSON.stringify({ v: 1, signing: [{ secret: SECRET, made: '2026-11-01T08:00:00.000Z' }], replies: [] });

/** A configuration; each of these can be written otherwise. */
export const configuration = ({ ntfy = '', agents = 'claude()', authorise = '', repository = '' } = {}): string => `
import { authorise, claude, classify, commands, dedupe, defineAgent, defineConfig, env, execute, ntfy, promptBuild, publish, queue, research,
  sqlite, summarise } from 'milton-orchestrator';

const helper = defineAgent({
  name: 'helper',
  create: () => ({
    name: 'helper',
    label: 'Helper',
    check: async () => ['Helper is not logged in. Run "helper login".'],
    run: async () => { throw new Error('not here'); },
    recover: async () => undefined,
  }),
});

export default defineConfig({
  repositories: { app: { path: env.TARGET_REPO${repository} } },
  transports: [ntfy(${ntfy})],
  store: sqlite(),
  agents: [${agents}],
  pipeline: [dedupe(), authorise(${authorise}), classify(), commands(), queue(), research(), promptBuild(), execute(), summarise(), publish()],
});
`;
