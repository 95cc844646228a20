import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { NtfyServer, ntfyBinary } from '../test/support/ntfy-server.ts';
import { Daemon } from './daemon.ts';
import type { Figure, Run } from './figures.ts';
import { quantile } from './statistics.ts';

const WARM_UP = 30;
const PATIENCE = 60_000;

/**
 * From the publishing of a request to the moment at which its acknowledgement is seen, through a real ntfy server, with Milton
 * idle and while an agent works; against a subscriber that only publishes what it hears.
 */
export const run: Run = async ({ quick }) => {
  if (!isInstalled()) {
    if (process.env.CI === 'true') throw new Error('There is no ntfy server. Run scripts/get-ntfy, or set NTFY_BIN.');
    return { skipped: 'no ntfy server (run scripts/get-ntfy, or set NTFY_BIN)' };
  }
  const samples = quick ? 50 : 200;
  const server = await NtfyServer.start();
  const echo = fork(new URL('./echo.ts', import.meta.url), [server.url, 'echo-ask', 'echo-answer'], { execArgv: [] });
  await using milton = new Daemon(config(server.url));
  await using phone = new Phone(server.url, 'ask', 'answer');
  await using bare = new Phone(server.url, 'echo-ask', 'echo-answer');
  try {
    await Promise.all([once(echo, 'message'), milton.start(), phone.listening, bare.listening]);
    const measure = async (count: number) => {
      const times: Record<'milton' | 'echo', number[]> = { milton: [], echo: [] };
      for (let i = 0; i < count; i++) {
        times.echo.push(await bare.time(`echo ${i}.`));
        times.milton.push(await phone.time(`RESEARCH: question ${i}.`, `question ${i}.`));
        // What follows an acknowledgement must not meet the next request.
        await phone.seen(({ message }) => message === 'over');
      }
      return times;
    };
    await sleep(1_000);
    await measure(WARM_UP);
    const idle = await measure(samples);
    await phone.time('CODE: work for an hour.', 'work for an hour.');
    const { title } = await phone.seen(({ title }) => title.includes('Rehearsal started'));
    await sleep(1_000);
    const busy = await measure(samples);
    // Else stopping would wait for it, and its processes would stay.
    const [id] = /req_\w+/.exec(title)!;
    await phone.time(`CANCEL ${id}`, id);
    await phone.seen((heard) => heard.title.includes(id) && heard.title.includes('cancelled'));
    return [...figures('Milton idle', idle), ...figures('an agent works', busy)];
  } finally {
    echo.kill('SIGKILL');
    await milton.stop();
    await server.stop();
  }
};

function figures(when: string, { milton, echo }: Record<'milton' | 'echo', number[]>): readonly Figure[] {
  const figure = (what: string, share: number): Figure => ({
    what: `${when}: publish to ACK seen, ${what}`,
    unit: 'ms',
    value: quantile(milton, share),
    reference: { what: 'bare echo', value: quantile(echo, share) },
  });
  return [{ ...figure('p50', 0.5), targets: [{ excessAtMost: 1.5 }] }, figure('p95', 0.95)];
}

function isInstalled(): boolean {
  try {
    return existsSync(ntfyBinary());
  } catch {
    return false;
  }
}

/** Every real step up to the acknowledgement, with the limits of a server lifted; research ends at once, and the agent of a CODE request works until it is stopped. */
const config = (url: string) => `
import { authorise, classify, commands, dedupe, defineConfig, env, execute, ntfy, promptBuild, publish, queue, rehearsal,
  research, sqlite, summarise, verdict, definePlugin } from 'milton-orchestrator';

const instead = definePlugin({
  name: 'instead',
  requires: [verdict],
  setup: () => async (run, next) => {
    if (run.get(verdict).kind === 'CODE') return next();
    run.conclude({ outcome: 'done', notice: { title: 'over', kind: 'final' } });
  },
});

export default defineConfig({
  repositories: { app: { path: env.TARGET_REPO } },
  transports: [ntfy({ baseUrl: '${url}', askTopic: 'ask', answerTopic: 'answer',
    burst: 1e6, refill: 0.001, dailyMessages: 1e6 })],
  store: sqlite(),
  agents: [rehearsal({ act: 'hang', stopGrace: 0 })],
  pipeline: [dedupe(), authorise(), classify(), commands(), queue(), instead(),
    research(), promptBuild(), execute(), summarise(), publish()],
});
`;

interface Heard {
  readonly title: string;
  readonly message: string;
}

/** Publishes on one topic and listens on another. */
class Phone implements AsyncDisposable {
  readonly listening: Promise<void>;
  readonly #server: string;
  readonly #ask: string;
  readonly #over = new AbortController();
  #unread: Heard[] = [];
  #wake: (() => void) | undefined;

  constructor(server: string, ask: string, answer: string) {
    this.#server = server;
    this.#ask = ask;
    const open = Promise.withResolvers<void>();
    this.listening = open.promise;
    this.#listen(answer, open.resolve).catch(open.reject);
  }

  /** Milliseconds from publishing a text to seeing an answer that holds these words. */
  async time(text: string, words = text): Promise<number> {
    const began = performance.now();
    const published = fetch(`${this.#server}/${this.#ask}`, { method: 'POST', body: text });
    await this.seen(({ title, message }) => title.includes(words) || message.includes(words));
    const taken = performance.now() - began;
    await (await published).arrayBuffer();
    return taken;
  }

  /** Resolves at the first unread answer that fits; those before it are dropped. */
  async seen(fits: (heard: Heard) => boolean): Promise<Heard> {
    for (const deadline = performance.now() + PATIENCE; performance.now() < deadline; ) {
      const found = this.#unread.findIndex(fits);
      if (found >= 0) return this.#unread.splice(0, found + 1).at(-1)!;
      const news = Promise.withResolvers<void>();
      this.#wake = news.resolve;
      const timer = setTimeout(news.resolve, PATIENCE);
      await news.promise;
      clearTimeout(timer);
    }
    throw new Error(`No answer within ${PATIENCE} ms; unread: ${JSON.stringify(this.#unread)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
  }

  async #listen(topic: string, open: () => void): Promise<void> {
    const response = await fetch(`${this.#server}/${topic}/json`, { signal: this.#over.signal });
    let rest = '';
    for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        const { event, title = '', message = '' } = JSON.parse(line);
        if (event === 'open') open();
        if (event === 'message') this.#unread.push({ title, message });
      }
      this.#wake?.();
    }
  }
}
