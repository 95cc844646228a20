import { fork } from 'node:child_process';
import { once } from 'node:events';
import { filter, firstValueFrom } from 'rxjs';
import type { Host } from '../src/pipeline/host.ts';
import type { Json } from '../src/pipeline/json.ts';
import { Clock, Fetch } from '../src/pipeline/services.ts';
import { JobStore } from '../src/pipeline/store/job-store.ts';
import type { Token } from '../src/pipeline/token.ts';
import type { Transport } from '../src/pipeline/transport.ts';
import { ntfy } from '../src/transports/ntfy/ntfy.ts';
import type { Figure, Run } from './figures.ts';
import { silent } from './services.ts';
import type { Minute } from './steady-server.ts';

/** A day with a cut each minute. Each connection also brings a poll, five times as many as a day has. */
const DAY = { minutes: 1_440, keepalives: 1_920, messages: 2_000 };
const LONG_TEXT = 10;
const SAMPLES = 10;

/** Memory of the ntfy transport over the events of a day: what it keeps must not depend on how long it has listened. */
export const run: Run = async ({ quick }) => {
  const share = quick ? 0.2 : 1;
  const minutes = DAY.minutes * share;
  const server = fork(new URL('./steady-server.ts', import.meta.url), { execArgv: [] });
  const cleanups: (() => unknown)[] = [];
  try {
    const [url] = (await once(server, 'message')) as [string];
    const transport = await listen(url, cleanups);
    let heard = 0;
    const subscription = transport.messages$.subscribe(({ settle }) => {
      heard++;
      settle();
    });
    cleanups.push(() => subscription.unsubscribe());
    const connected = () => firstValueFrom(transport.health$.pipe(filter(({ state }) => state === 'connected')));
    const down = () => firstValueFrom(transport.health$.pipe(filter(({ state }) => state !== 'connected')));

    const samples: { heap: number; resident: number }[] = [];
    let sent = 0;
    for (let minute = 1; minute <= minutes; minute++) {
      await connected();
      const count = (total: number) =>
        Math.floor((total * minute) / DAY.minutes) - Math.floor((total * (minute - 1)) / DAY.minutes);
      const texts = Array.from({ length: count(DAY.messages) }, () => textOf(++sent));
      const over = once(server, 'message');
      server.send({ keepalives: count(DAY.keepalives), texts } satisfies Minute);
      await over;
      for (const end = performance.now() + 10_000; heard < sent; await new Promise(setImmediate)) {
        if (performance.now() > end) throw new Error(`${heard} of ${sent} messages arrived`);
      }
      const lost = down();
      server.send('drop');
      await lost;
      if (Math.floor((minute * SAMPLES) / minutes) > samples.length) samples.push(await memory());
    }
    if (heard !== sent) throw new Error(`${heard} messages arrived, ${sent} were sent`);
    return figures(`${minutes} reconnects and ${sent} messages`, samples[0]!, samples.at(-1)!);
  } finally {
    for (const cleanup of cleanups.reverse()) await cleanup();
    server.kill('SIGKILL');
  }
};

function figures(what: string, first: Memory, last: Memory): readonly Figure[] {
  const after = (value: number) => ({ what: 'after a tenth of it', value });
  return [
    {
      what: `heap after ${what}`,
      unit: 'MB',
      value: last.heap,
      reference: after(first.heap),
      targets: [{ excessAtMost: 2 }],
    },
    {
      what: 'resident memory',
      unit: 'MB',
      value: last.resident,
      reference: after(first.resident),
      targets: [{ excessAtMost: 20 }],
    },
  ];
}

interface Memory {
  readonly heap: number;
  readonly resident: number;
}

/** In MB, once what is no longer used has been given up. */
async function memory(): Promise<Memory> {
  for (let i = 0; i < 3; i++) {
    await new Promise(setImmediate);
    globalThis.gc?.();
  }
  const { heapUsed, rss } = process.memoryUsage();
  return { heap: heapUsed / 2 ** 20, resident: rss / 2 ** 20 };
}

const textOf = (i: number) => `CODE: message ${i}, ${'add a login form. '.repeat(i % LONG_TEXT === 0 ? 300 : 5)}`;

/** The real transport, with pauses that a benchmark can wait for. */
async function listen(baseUrl: string, cleanups: (() => unknown)[]): Promise<Transport> {
  const kept = new Map<string, Json>();
  const store: Pick<JobStore, 'recall' | 'remember' | 'announce'> = {
    recall: async (key) => kept.get(key),
    remember: async (key, value) => void kept.set(key, value),
    announce: async () => {},
  };
  const services = new Map<symbol, unknown>([
    [Clock, { now: () => Date.now() }],
    [Fetch, fetch],
    [JobStore, store],
  ]);
  const part = ntfy({
    ...{ baseUrl, askTopic: 'ask', answerTopic: 'answer', claudeTopic: '', codexTopic: '', allowHttp: false },
    ...{ backoffMax: 0.001, reconcileDelay: 1, canaryInterval: 0 },
  });
  const host: Host = {
    options: part.schema?.parse(part.input),
    logger: silent,
    get: <T>(token: Token<T>) => services.get(token) as T,
    onClose: (cleanup) => void cleanups.push(cleanup),
  };
  return await part.create(host as Host<never>);
}
