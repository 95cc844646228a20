// The listener of bench/steady.ts, in a process of its own: the ntfy transport, which tells on demand what it heard and takes.
import type { Host } from '../src/pipeline/host.ts';
import type { Json } from '../src/pipeline/json.ts';
import { Clock, Fetch } from '../src/pipeline/services.ts';
import { JobStore } from '../src/pipeline/store/job-store.ts';
import type { Token } from '../src/pipeline/token.ts';
import { ntfy } from '../src/transports/ntfy/ntfy.ts';
import { silent } from './services.ts';

/** How many messages came, and what is in use afterwards, in MB. */
export interface Report {
  readonly heard: number;
  readonly heap: number;
  readonly resident: number;
}

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
const topics = { askTopic: 'ask', answerTopic: 'answer', claudeTopic: '', codexTopic: '' };
// Pauses that a benchmark can wait for.
const pauses = { backoffMax: 0.001, reconcileDelay: 1, canaryInterval: 0 };
const part = ntfy({ baseUrl: process.argv[2], allowHttp: false, ...topics, ...pauses });
const host: Host = {
  options: part.schema?.parse(part.input),
  logger: silent,
  get: <T>(token: Token<T>) => services.get(token) as T,
  onClose: () => {},
};
const { messages$ } = await part.create(host as Host<never>);
let heard = 0;
messages$.subscribe(({ settle }) => {
  heard++;
  settle();
});

process.on('message', async () => {
  for (let i = 0; i < 3; i++) {
    await new Promise(setImmediate);
    globalThis.gc?.();
  }
  const { heapUsed, rss } = process.memoryUsage();
  process.send?.({ heard, heap: heapUsed / 2 ** 20, resident: rss / 2 ** 20 } satisfies Report);
});
