import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'vitest';
import { type GitRepo, gitRepo } from './git-repo.ts';
import type { NtfyServer } from './ntfy-server.ts';
import { Phone } from './phone.ts';
import { UserManager } from './user-manager.ts';

const root = resolve(import.meta.dirname, '../..');
const main = join(root, 'dist/src/cli/main.js');

/** What `milton service status --json` tells. */
interface Status {
  readonly running: boolean;
  readonly active: string;
  readonly pid?: number;
  readonly restarts: number;
  readonly doing?: string;
  readonly enabled: boolean;
  readonly result: string;
  readonly exitCode: number;
  readonly unit: { readonly state: string; readonly file: string };
}

/** Everything a Milton needs that a real systemd runs: a user with a home folder and a configuration, a phone, a repository. */
export class Serviced implements AsyncDisposable {
  readonly user: UserManager;
  readonly phone: Phone;
  readonly repository: GitRepo;
  readonly folder: string;
  readonly state: string;

  private constructor(user: UserManager, phone: Phone, repository: GitRepo) {
    this.user = user;
    this.phone = phone;
    this.repository = repository;
    this.folder = join(user.home, '.config/milton');
    this.state = join(user.home, '.local/state/milton');
  }

  static async prepare(server: NtfyServer): Promise<Serviced> {
    const topic = randomUUID().slice(0, 8);
    const topics = { askTopic: `ask-${topic}`, answerTopic: `answer-${topic}` };
    const user = await UserManager.start();
    const phone = new Phone({ baseUrl: server.url, ...topics });
    const all = new Serviced(user, phone, gitRepo());
    mkdirSync(join(all.folder, 'node_modules'), { recursive: true, mode: 0o700 });
    symlinkSync(root, join(all.folder, 'node_modules/milton-orchestrator'));
    writeFileSync(join(user.home, '.profile'), 'echo "Welcome!"\nexport PATH="$HOME/own agents:$PATH"\n');
    const env = [
      `TARGET_REPO=${all.repository.path}`,
      `NTFY_BASE_URL=${server.url}`,
      `ASK_TOPIC=${topics.askTopic}`,
      `ANSWER_TOPIC=${topics.answerTopic}`,
    ];
    writeFileSync(join(all.folder, '.env'), `${env.join('\n')}\n`, { mode: 0o600 });
    all.configure();
    return all;
  }

  /** Writes the configuration: one whose requests get stuck for good where they say so, once, unless given. */
  configure(text = CONFIG): void {
    writeFileSync(join(this.folder, 'milton.config.ts'), text, { mode: 0o600 });
  }

  /** Runs a command of the command line as the user. */
  milton(...args: readonly string[]) {
    return this.user.run(process.execPath, main, ...args);
  }

  async status(): Promise<Status> {
    const { stdout, stderr } = await this.milton('service', 'status', '--json');
    if (stdout === '') throw new Error(`no status: ${stderr}`);
    return JSON.parse(stdout) as Status;
  }

  /** The process of the service, once it is another one than this and ready. */
  async ready(other?: number): Promise<number> {
    let found: number | undefined;
    const look = async () => {
      const { active, pid } = await this.status();
      found = active === 'active' && pid !== other ? pid : undefined;
      return found;
    };
    await expect.poll(look, { timeout: 90_000, interval: 200 }).toBeDefined();
    return found!;
  }

  /** Settings beside the unit, as `systemctl --user edit` writes them. */
  async dropIn(...lines: readonly string[]): Promise<void> {
    const folder = join(this.user.home, '.config/systemd/user/milton.service.d');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'override.conf'), `[Service]\n${lines.join('\n')}\n`);
    await this.user.run('systemctl', '--user', 'daemon-reload');
  }

  get unit(): string {
    const file = join(this.user.home, '.config/systemd/user/milton.service');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.phone.stop();
    await this.user[Symbol.asyncDispose]();
    this.repository[Symbol.dispose]();
  }
}

const CONFIG = `
import { existsSync, writeFileSync } from 'node:fs';
import { authorise, classify, commandAgent, commands, dedupe, defineConfig, env, execute, ntfy, promptBuild, publish, queue, rehearsal, research,
  sqlite, summarise } from 'milton-orchestrator';

const mark = import.meta.dirname + '/was-stuck';
async function getsStuck(run: any, next: any) {
  if (run.message.text.includes('get stuck') && !existsSync(mark)) {
    writeFileSync(mark, '');
    for (;;);
  }
  await next();
}

export default defineConfig({
  repositories: { app: { path: env.TARGET_REPO } },
  transports: [ntfy()],
  store: sqlite(),
  agents: [
    rehearsal(),
    // Not a rehearsal: it is to be in a scope of its own, as real agents are.
    commandAgent({ as: 'slow', bin: 'sh', args: ['-c', 'cat; echo begun > begun.txt; sleep 3600 & wait'], confined: true }),
  ],
  pipeline: [dedupe(), authorise(), classify(), commands(), queue(), getsStuck, research(), promptBuild(), execute(), summarise(), publish()],
});
`;
