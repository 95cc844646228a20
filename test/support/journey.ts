import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { claudeBinaries } from './claude-binaries.ts';
import { codexBinaries, codexTemporary } from './codex-binaries.ts';
import { type GitRepo, gitRepo } from './git-repo.ts';
import { InstalledMilton } from './milton.ts';
import type { NtfyServer } from './ntfy-server.ts';
import { Phone, type PhoneNotice } from './phone.ts';
import { type Scenario, type StubAnthropic, stubAnthropic } from './stub-anthropic.ts';
import { type Scenario as CodexScenario, type StubOpenai, stubOpenai } from './stub-openai.ts';

const claude = claudeBinaries().at(-1)!.bin;

/** The turns of a model that writes one file. */
export const writes = (file: string, text = 'done\n', more: { readonly held?: boolean } = {}) => [
  { tool: 'Write', input: { file_path: `{{cwd}}/${file}`, content: text }, ...more },
  { text: `Wrote ${file}.` },
];

/** The steps of the pipeline before and after the queue, as they stand in the file. */
export const STEPS = ['dedupe()', 'authorise()', 'classify()', 'commands()', 'queue()'];
export const WORK = ['research()', 'promptBuild()', 'execute()', 'summarise()', 'publish()'];
const NAMES =
  'authorise, claude, classify, codex, commands, dedupe, defineConfig, execute, late, ntfy, promptBuild, publish, queue, research, sqlite, summarise';

export interface Setting {
  readonly scenario: Scenario;
  /** Codex stands beside Claude Code, and is answered so. */
  readonly codex?: CodexScenario;
  readonly repositories?: readonly string[];
  /** What the file says of each repository beside its path: `test: 'npm test'`. */
  readonly repositoryOptions?: string;
  readonly env?: Record<string, string>;
  /** The steps of the pipeline as they stand in the file. */
  readonly steps?: readonly string[];
  readonly agentOptions?: string;
}

interface Parts {
  readonly milton: InstalledMilton;
  readonly phone: Phone;
  readonly stub: StubAnthropic;
  readonly codex: StubOpenai | undefined;
  readonly repositories: Readonly<Record<string, GitRepo>>;
}

/** Everything that the main job needs, on topics of its own: real parts, and stubs of the model services. */
export class Journey implements AsyncDisposable {
  readonly milton: InstalledMilton;
  readonly phone: Phone;
  /** The model services of Claude Code and of Codex. */
  readonly stub: StubAnthropic;
  readonly codex: StubOpenai | undefined;
  readonly repositories: Readonly<Record<string, GitRepo>>;

  private constructor({ milton, phone, stub, codex, repositories }: Parts) {
    this.milton = milton;
    this.phone = phone;
    this.stub = stub;
    this.codex = codex;
    this.repositories = repositories;
  }

  static async prepare(server: NtfyServer, setting: Setting): Promise<Journey> {
    const { scenario, repositories: names = ['app'], env = {}, steps = [...STEPS, ...WORK] } = setting;
    const topic = randomUUID().slice(0, 8);
    const topics = { askTopic: `ask-${topic}`, answerTopic: `answer-${topic}` };
    const stub = await stubAnthropic(scenario);
    const codex = setting.codex && (await stubOpenai(setting.codex));
    const repositories = Object.fromEntries(names.map((name) => [name, gitRepo()]));
    const more = setting.repositoryOptions === undefined ? '' : `, ${setting.repositoryOptions}`;
    const paths = names.map((name) => `${name}: { path: ${JSON.stringify(repositories[name]!.path)}${more} }`);
    const agents = [
      `claude({ env: { ANTHROPIC_BASE_URL: '${stub.url}', IS_SANDBOX: '1' } ${setting.agentOptions ?? ''} })`,
      ...(codex ? [codexLine(codex.url, codexTemporary(repositories[names[0]!]!.root))] : []),
    ];
    const config = `
      import { existsSync, writeFileSync } from 'node:fs';
      import { ${NAMES} } from 'milton-orchestrator';
      export default defineConfig({
        repositories: { ${paths.join(', ')} },
        transports: [ntfy()],
        store: sqlite(),
        agents: [${agents.join(', ')}],
        pipeline: [${steps.join(',\n')}],
      });`;
    const milton = new InstalledMilton({
      config,
      env: {
        NTFY_BASE_URL: server.url,
        ASK_TOPIC: topics.askTopic,
        ANSWER_TOPIC: topics.answerTopic,
        CLAUDE_BIN: claude,
        ANTHROPIC_API_KEY: 'sk-ant-made-up',
        ...(codex ? { CODEX_BIN: codexBinaries().at(-1)!.bin } : {}),
        ...env,
      },
    });
    const phone = new Phone({ baseUrl: server.url, ...topics });
    return new Journey({ milton, phone, stub, codex, repositories });
  }

  static async start(server: NtfyServer, setting: Setting): Promise<Journey> {
    const journey = await Journey.prepare(server, setting);
    await journey.milton.start();
    await journey.connected();
    return journey;
  }

  /** Until Milton hears what is sent. */
  connected(): Promise<void> {
    return expect.poll(() => this.milton.said, { timeout: 60_000 }).toMatch(/ntfy is connected/);
  }

  get app(): GitRepo {
    return this.repositories.app!;
  }

  branches(name = 'app'): string[] {
    const lines = this.repositories[name]!.git('branch', '--list', 'milton/*', '--format=%(refname:short)');
    return lines.split('\n').filter(Boolean);
  }

  /** The final notices so far. */
  finals(): PhoneNotice[] {
    return this.phone.notices.filter((notice) =>
      /^(✅|❌|⚠️|🛑|🔎) \[\w+\] .*(finished|failed|interrupted|cancelled|answer|nothing|given up)/u.test(notice.title),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.phone.stop();
    await this.milton[Symbol.asyncDispose]();
    await this.stub[Symbol.asyncDispose]();
    await this.codex?.[Symbol.asyncDispose]();
    for (const repository of Object.values(this.repositories)) repository[Symbol.dispose]();
  }
}

/** Codex as the file names it; by these arguments it knows the stub and nothing else. */
function codexLine(url: string, temporary: string): string {
  const provider = `model_providers.stub={name="stub",base_url="${url}",wire_api="responses",env_key="STUB_KEY"}`;
  const extraArgs = ['-c', 'model_provider=stub', '-c', provider];
  return `codex(${JSON.stringify({ extraArgs, env: { STUB_KEY: 'sk-made-up', TMPDIR: temporary } })})`;
}

/** Processes that carry this request's tag in their environment. */
export function processesOf(request: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(`MILTON_REQUEST_ID=${request}`);
    } catch {
      return false;
    }
  });
}

/** The request that a notice is about. */
export const idIn = (notice: PhoneNotice) => /req_[a-z2-7]+/.exec(notice.title)![0];

/** The notice that a request was taken. */
export const acknowledged = (journey: Journey, about: string) =>
  journey.phone.notice((notice) => notice.title.startsWith('👂') && notice.body.includes(about));

/** The notice of how a request ended. */
export const final = (journey: Journey, request: string, within = 60_000) =>
  journey.phone.notice((notice) => journey.finals().includes(notice) && notice.title.includes(request), within);
