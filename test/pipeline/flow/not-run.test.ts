// Whatever ends a message without a run is the last word on it: it must arrive, however little the server takes.
import { NEVER } from 'rxjs';
import { expect, test } from 'vitest';
import { createSender } from '../../../src/pipeline/flow/sender.ts';
import { definePlugin, type PipelineEntry } from '../../../src/pipeline/plugin.ts';
import { queue } from '../../../src/pipeline/queue.ts';
import type { JobStore } from '../../../src/pipeline/store/job-store.ts';
import { memoryStore } from '../../../src/pipeline/store/memory.ts';
import { type Transport, TransportError } from '../../../src/pipeline/transport.ts';
import { classify } from '../../../src/plugins/classify/classify.ts';
import { commands } from '../../../src/plugins/commands/commands.ts';
import { late } from '../../../src/plugins/late.ts';
import { memoryLogger } from '../../../src/testing/memory-logger.ts';
import { trial } from '../../../src/testing/trial.ts';
import { ntfyOptions } from '../../../src/transports/ntfy/options.ts';
import { publisher } from '../../../src/transports/ntfy/send/publisher.ts';
import { Allowance } from '../../../src/transports/ntfy/server/allowance.ts';
import { ntfyApi } from '../../../src/transports/ntfy/server/api.ts';
import { KeptBudget } from '../../../src/transports/ntfy/server/kept-budget.ts';
import { options } from '../../transports/ntfy/fixture.ts';

const HOUR = 3_600_000;
const NOON = Date.UTC(2026, 10, 23, 12);

const concludes = definePlugin({
  name: 'concludes',
  where: 'intake',
  setup: () =>
    async function concludes(run, next) {
      if (run.message.text === 'throw') throw new Error('the step is broken');
      if (run.message.text !== 'conclude') return next();
      run.conclude({ outcome: 'cancelled', notice: { title: 'concluded, not run', body: 'x', kind: 'milestone' } });
    },
});

const pipeline: readonly PipelineEntry[] = [concludes(), classify({ default: 'ask' }), late(), commands(), queue()];

/** Messages that start nothing, each with what is told of it. */
const NOT_RUN = [
  ['throw', '❌ not accepted'],
  ['conclude', 'concluded, not run'],
  ['CODE @nope: x', 'Nothing here is called "nope"'],
  ['add a login page', 'CODE or RESEARCH?'],
  ['late RETRY k4m2xa', 'Not carried out: RETRY k4m2xa'],
  ['RETRY k4m2xa', 'No request "k4m2xa"'],
  ['CANCEL k4m2xa', 'No request "k4m2xa"'],
  ['ANSWER q7k2a yes', 'No question q7k2a'],
] as const;

/** A store that holds what is told of these messages, and of HELP, unsent. */
async function told(): Promise<JobStore> {
  const store = memoryStore();
  const t = await trial(pipeline, {
    store,
    repositories: [{ name: 'app', path: '/app', agent: undefined }],
    agents: [{ name: 'claude' } as never],
    onSend: () => {
      throw new TransportError('not yet', { retryable: true, paced: true, retryAfter: 1 });
    },
  });
  const texts = [...NOT_RUN.map(([text]) => text), 'HELP'];
  for (const text of texts) {
    const more = text.startsWith('late ') ? { late: { ms: 7 * HOUR, missed: true } } : {};
    t.send(text.replace('late ', ''), more);
  }
  await expect.poll(() => t.settled.length).toBe(texts.length);
  await t.stop();
  return store;
}

/** Lets a sender work through `hours`, minute by minute. */
async function send(store: JobStore, transport: Transport['send'], time: { now: number }, hours: number) {
  const cut = new AbortController();
  const sender = createSender({
    store,
    transport: { name: 'phone', exposure: 'local', messages$: NEVER, health$: NEVER, send: transport },
    logger: memoryLogger(),
    clock: { now: () => time.now },
    fitting: { clean: (text) => text, reduce: (notice) => notice },
    stop: AbortSignal.abort(),
    cut: cut.signal,
  });
  for (const end = time.now + hours * HOUR; time.now < end; time.now += 60_000) await sender.flush();
}

/** An ntfy publisher over a server that answers as it is told. */
function ntfyOver(time: { now: number }, sentToday: number, answer: () => Response) {
  const titles: string[] = [];
  const parsed = ntfyOptions.parse(options('http://127.0.0.1:1'));
  const allowance = new Allowance(parsed, () => time.now);
  for (let i = 0; i < sentToday; i++) allowance.sent('final', 'earlier');
  const word = (text: string) =>
    Buffer.from(/^=\?UTF-8\?B\?(.*)\?=$/.exec(text)?.[1] ?? '', 'base64').toString() || text;
  const server: typeof fetch = async (_url, init) => {
    const response = answer();
    if (response.ok) titles.push(word(new Headers(init?.headers).get('x-title')!));
    return response;
  };
  const budgetStore = { recall: async () => undefined, remember: async () => {} };
  const send = publisher({
    api: ntfyApi(server, parsed, allowance),
    options: parsed,
    allowance,
    budget: new KeptBudget(allowance, () => budgetStore, 'budget', memoryLogger()),
    overheard: async () => true,
    buttons: async () => () => ({}),
    announce() {},
    now: () => time.now,
    logger: memoryLogger(),
  });
  return { titles, send };
}

const ok = () => new Response('{"id":"x"}');
const TITLES = NOT_RUN.map(([, title]) => title);

test('a message that is not run is told of with 10 % of the day left, which HELP is not', async () => {
  const [store, time] = [await told(), { now: NOON }];
  const { titles, send: publish } = ntfyOver(time, 226, ok);
  await send(store, publish, time, 1);
  expect(titles.toSorted()).toEqual(TITLES.toSorted());
  await store.close();
});

test('and after the server takes no more that day, on the next', async () => {
  const [store, time] = [await told(), { now: NOON }];
  const usedUp = () => new Response('{"code":42908,"http":429,"error":"daily quota"}', { status: 429 });
  const midnight = NOON + 12 * HOUR;
  const { titles, send: publish } = ntfyOver(time, 0, () => (time.now < midnight ? usedUp() : ok()));
  await send(store, publish, time, 14);
  expect(titles).toEqual(expect.arrayContaining(TITLES));
  await store.close();
});

test('and after days without a way to the server', async () => {
  const [store, time] = [await told(), { now: NOON }];
  const back = NOON + 48 * HOUR;
  const { titles, send: publish } = ntfyOver(time, 0, () => {
    if (time.now < back) throw new TypeError('fetch failed');
    return ok();
  });
  await send(store, publish, time, 50);
  expect(titles.toSorted()).toEqual(TITLES.toSorted());
  await store.close();
});
