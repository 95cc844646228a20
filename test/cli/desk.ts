import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

export interface Ended {
  /** The exit code, or the name of the signal that ended it. */
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running `milton`: its process, and how it ends. */
export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when standard error matches; rejects when the process ends before. */
  said(pattern: RegExp): Promise<void>;
}

interface Surroundings {
  readonly env?: Record<string, string>;
  readonly input?: string;
  /** The current folder; the home folder when absent. */
  readonly cwd?: string;
}

/** A scratch home folder with a repository in `app`, and the built command line in it, with nothing of this environment. */
export class Desk implements Disposable {
  readonly home = mkdtempSync(join(tmpdir(), 'milton-cli-'));

  constructor() {
    mkdirSync(join(this.home, 'app/.git/objects'), { recursive: true });
    writeFileSync(join(this.home, 'app/.git/HEAD'), 'ref: refs/heads/main\n');
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.home, name), text, { mode: 0o600 });
  }

  start(args: readonly string[], { env = {}, input = '', cwd = this.home }: Surroundings = {}): Started {
    const child = spawn(process.execPath, [MAIN, ...args], { cwd, env: { HOME: this.home, ...env } });
    const texts = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (chunk: string) => {
        texts[name] += chunk;
      });
    }
    child.stdin.on('error', () => {}).end(input);
    const ended = new Promise<Ended>((resolve, reject) => {
      child.on('error', reject).on('close', (code, signal) => resolve({ code: code ?? signal ?? 'unknown', ...texts }));
    });
    const said = (pattern: RegExp) =>
      new Promise<void>((resolve, reject) => {
        const look = () => pattern.test(texts.stderr) && resolve();
        child.stderr.on('data', look);
        void ended.then(({ code, stderr }) => reject(new Error(`ended with ${code}, without ${pattern}:\n${stderr}`)));
        look();
      });
    return { child, ended, said };
  }

  run(args: readonly string[], surroundings?: Surroundings): Promise<Ended> {
    return this.start(args, surroundings).ended;
  }

  [Symbol.dispose](): void {
    rmSync(this.home, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

/**
 * A configuration whose transport hears the texts in the variable HEARD (separated by |), and writes what `milton send` gives
 * it to the file `submitted`. `work` is the body of the step below the queue.
 */
export function configuration({ work = 'await next();' } = {}): string {
  return `
import { appendFileSync } from 'node:fs';
import { dedupe, defineAgent, defineConfig, defineTransport, env, queue, sqlite } from 'milton-orchestrator';
import { concat, from, map, NEVER, of } from 'rxjs';

const desk = defineTransport({
  name: 'desk',
  create: ({ name }) => ({
    name,
    exposure: 'local',
    health$: concat(of({ state: 'connected' as const }), NEVER),
    messages$: concat(
      from((process.env.HEARD ?? '').split('|').filter(Boolean)).pipe(
        map((text, i) => ({
          message: { id: \`desk:\${i}\`, transport: name, text, at: new Date().toISOString() },
          settle() {},
        })),
      ),
      NEVER,
    ),
    async send() {},
    async submit(text: string) {
      if (text.includes('OFFLINE')) throw new Error('down');
      appendFileSync(\`\${import.meta.dirname}/submitted\`, text + '\\n');
      return undefined;
    },
  }),
});
const helper = defineAgent({
  name: 'helper',
  create: () => ({
    name: 'helper',
    label: 'Helper',
    check: async () => ['it is not logged in. Run: helper login'],
    run: async () => { throw new Error('not here'); },
    recover: async () => undefined,
  }),
});

export default defineConfig({
  repositories: { app: { path: env.TARGET_REPO } },
  transports: [desk()],
  store: sqlite(),
  agents: [helper()],
  pipeline: [dedupe(), queue(), async (run: any, next: any) => { ${work} }],
});
`;
}
