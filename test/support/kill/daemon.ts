// One life of a small Milton, in a process of its own that KILL_AT ends with SIGKILL at a named point: node daemon.ts FOLDER.
// It delivers the messages of FOLDER/inbox.json that are not in FOLDER/settled, and appends what it does to FOLDER/effects.
import { appendFileSync, closeSync, existsSync, fsyncSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { concat, from, map, of, Subject } from 'rxjs';
import type { Message } from '../../../src/pipeline/message.ts';
import { defineStore, defineTransport } from '../../../src/pipeline/part.ts';
import { definePlugin } from '../../../src/pipeline/plugin.ts';
import { queue } from '../../../src/pipeline/queue.ts';
import { Redact } from '../../../src/pipeline/services/redact.ts';
import { Clock, Environment, Logger } from '../../../src/pipeline/services.ts';
import { assemble } from '../../../src/pipeline/setup/assemble.ts';
import type { Acceptance, JobStore, JournalEntry } from '../../../src/pipeline/store/job-store.ts';
import { openStore } from '../../../src/pipeline/store/sqlite.ts';
import { bind } from '../../../src/pipeline/token.ts';

const [folder = '.', mode = 'plain'] = process.argv.slice(2);
const killAt = process.env.KILL_AT;
/** What the phone taps when it is asked; undefined where it does not. */
const tap = { yes: 'yes', no: 'no' }[mode];
const asks = tap !== undefined || mode === 'expire';

/** Ends this process as a power cut would, if this is the point it was told to die at. */
function reach(point: string): void {
  if (point === killAt) process.kill(process.pid, 'SIGKILL');
}

function write(file: string, line: string): void {
  const fd = openSync(join(folder, file), 'a');
  appendFileSync(fd, `${line}\n`);
  fsyncSync(fd);
  closeSync(fd);
}

/** What a message leaves behind. */
const nameOf = ({ hold, effects }: Acceptance) => (hold ? 'hold' : effects.length > 0 ? 'answer' : 'accept');

/** Puts a point before and after every write to the store. */
function withPoints(store: JobStore): JobStore {
  const names: Record<string, (first: { key: string }, second: JournalEntry) => string> = {
    accept: (acceptance) => nameOf(acceptance as never),
    resume: () => 'resume',
    expire: () => 'expire',
    checkpoint: (_claim, { key, state }) => `checkpoint ${key} ${state}`,
    settle: () => 'settle',
    sent: ({ key }) => `mark ${key.replace(/:.*/, '')}`,
  };
  return new Proxy(store, {
    get(target, key) {
      const value = Reflect.get(target, key, target) as unknown;
      if (typeof value !== 'function') return value;
      const name = names[String(key)];
      if (!name) return value.bind(target);
      return async (...args: [never, never]) => {
        reach(`before ${name(...args)}`);
        const result: unknown = await value.apply(target, args);
        reach(`after ${name(...args)}`);
        return result;
      };
    },
  });
}

/** Carries the answers of the phone out, and asks about everything else when the mode says so. */
const gate = definePlugin({
  name: 'gate',
  where: 'intake',
  setup: () => async (run, next) => {
    const [, question, choice] = /^ANSWER (\w+) (\w+)$/.exec(run.message.text) ?? [];
    if (question && choice) return run.stage({ do: 'answer', question, choice, reply: () => undefined });
    if (!asks) return next();
    const timeout = mode === 'expire' ? 50 : 60_000;
    const answer = await run.ask('go', { title: 'Go?', choices: ['yes', 'no'], timeout, onTimeout: 'no' });
    if (answer.choice === 'yes') return next();
    const outcome = answer.by === 'person' ? 'cancelled' : 'expired';
    run.conclude({ outcome, notice: { title: 'not run' } });
  },
});

const research = definePlugin({
  name: 'research',
  setup: () => async (run, next) => {
    await run.step('fetch', async () => {
      write('effects', 'research');
      return 'brief';
    });
    run.notify({ title: 'research complete', kind: 'milestone' });
    await next();
  },
});

const execute = definePlugin({
  name: 'execute',
  setup: () => async (run, next) => {
    await run.step(
      'agent',
      async ({ note }) => {
        await note({ pid: process.pid });
        reach('inside agent, before its effect');
        write('effects', `agent ${run.message.id}`);
        reach('inside agent, after its effect');
        return 'done';
      },
      mode === 'recover' ? { atMostOnce: true, recover: async () => 'recovered' } : { atMostOnce: true },
    );
    await next();
  },
});

const publish = definePlugin({
  name: 'publish',
  setup: () => (run) => run.conclude({ outcome: 'done', notice: { title: 'finished' } }),
});

const inbox = JSON.parse(readFileSync(join(folder, 'inbox.json'), 'utf8')) as Message[];
const settledFile = join(folder, 'settled');
const settled = new Set(existsSync(settledFile) ? readFileSync(settledFile, 'utf8').split('\n') : []);
/** Answers of the phone; like the inbox they outlive this process. */
const taps = new Subject<Message>();
const tapped = (): Message[] =>
  existsSync(join(folder, 'taps'))
    ? readFileSync(join(folder, 'taps'), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Message)
    : [];
const deliver = (message: Message) => ({ message, settle: () => write('settled', message.id) });
const phone = defineTransport({
  name: 'phone',
  create: ({ name }) => ({
    name,
    exposure: 'local',
    messages$: concat(
      from([...inbox, ...tapped()].filter((message) => !settled.has(message.id)).map(deliver)),
      taps.pipe(map(deliver)),
    ),
    health$: of({ state: 'connected' } as const),
    async send(notice, { run, key }) {
      reach(`before send ${key.replace(/:.*/, '')}`);
      write('notices', JSON.stringify({ run, key, title: notice.title }));
      const question = /\bANSWER (q\w+) /.exec(notice.body ?? '')?.[1];
      if (question && tap) {
        const text = `ANSWER ${question} ${tap}`;
        const message = { id: `tap-${question}`, text, transport: 'phone', at: new Date().toISOString() };
        write('taps', JSON.stringify(message));
        taps.next(message);
      }
      reach(`after send ${key.replace(/:.*/, '')}`);
    },
  }),
});

const quiet: Logger = {
  debug() {},
  info() {},
  warn: (message) => write('log', message),
  error: (message) => write('log', message),
  child: () => quiet,
};
let opened: JobStore | undefined;
const milton = await assemble(
  {
    repositories: {},
    transports: [phone()],
    store: defineStore({
      name: 'sqlite',
      create: ({ onClose }) => {
        const store = openStore(join(folder, 'milton.db'), { mode: 'daemon' });
        onClose(() => store.close());
        opened = withPoints(store);
        return opened;
      },
    })(),
    agents: [],
    pipeline: [gate(), queue(), research(), execute(), publish()],
    concurrency: 2,
  },
  [
    bind(Clock, () => ({ now: () => Date.now() })),
    bind(Logger, () => quiet),
    bind(Redact, () => (text) => text),
    bind(Environment, () => ({ get: () => undefined })),
  ],
);
const running = milton.start();
const deadline = Date.now() + 30_000;
for (;;) {
  await sleep(5);
  const jobs = await opened!.list();
  const waiting = inbox.some((message) => !jobs.some((job) => job.message.id === message.id));
  const open = jobs.some((job) => ['held', 'queued', 'active'].includes(job.state));
  if (!waiting && !open && (await opened!.unsent('phone', 1)).length === 0) break;
  if (Date.now() > deadline) {
    write('log', 'the daemon did not come to rest within 30 s');
    process.exitCode = 1;
    break;
  }
}
await running.stop(0);
await milton.close();
