// One life of a small Milton, in a process of its own that KILL_AT ends with SIGKILL at a named point: node daemon.ts FOLDER.
// It delivers the messages of FOLDER/inbox.json that are not in FOLDER/settled, and appends what it does to FOLDER/effects.
import { appendFileSync, closeSync, existsSync, fsyncSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { concat, from, NEVER, of } from 'rxjs';
import type { Message } from '../../../src/pipeline/message.ts';
import { defineStore, defineTransport } from '../../../src/pipeline/part.ts';
import { definePlugin } from '../../../src/pipeline/plugin.ts';
import { queue } from '../../../src/pipeline/queue.ts';
import { Redact } from '../../../src/pipeline/services/redact.ts';
import { Clock, Environment, Logger } from '../../../src/pipeline/services.ts';
import { assemble } from '../../../src/pipeline/setup/assemble.ts';
import type { JobStore, JournalEntry } from '../../../src/pipeline/store/job-store.ts';
import { openStore } from '../../../src/pipeline/store/sqlite.ts';
import { bind } from '../../../src/pipeline/token.ts';

const [folder = '.', mode = 'plain'] = process.argv.slice(2);
const killAt = process.env.KILL_AT;

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

/** Puts a point before and after every write to the store. */
function withPoints(store: JobStore): JobStore {
  const names: Record<string, (first: { key: string }, second: JournalEntry) => string> = {
    accept: () => 'accept',
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
const phone = defineTransport({
  name: 'phone',
  create: ({ name }) => ({
    name,
    exposure: 'local',
    messages$: concat(
      from(
        inbox
          .filter((message) => !settled.has(message.id))
          .map((message) => ({ message, settle: () => write('settled', message.id) })),
      ),
      NEVER,
    ),
    health$: of({ state: 'connected' } as const),
    async send(notice, { run, key }) {
      reach(`before send ${key.replace(/:.*/, '')}`);
      write('notices', JSON.stringify({ run, key, title: notice.title }));
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
    pipeline: [queue(), research(), execute(), publish()],
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
const deadline = Date.now() + 10_000;
for (;;) {
  await sleep(5);
  const jobs = await opened!.list();
  const waiting = inbox.some((message) => !jobs.some((job) => job.message.id === message.id));
  const open = jobs.some((job) => job.state === 'queued' || job.state === 'active');
  if (!waiting && !open && (await opened!.unsent('phone', 1)).length === 0) break;
  if (Date.now() > deadline) {
    write('log', 'the daemon did not come to rest within 10 s');
    process.exitCode = 1;
    break;
  }
}
await running.stop(0);
await milton.close();
