// The listener of bench/steady.ts, in a process of its own: the ntfy transport, which answers each message with some notices, and
// tells on demand what it heard and takes.
import { Subject } from 'rxjs';
import { createSender } from '../src/pipeline/flow/sender.ts';
import type { JobStore, OutboxRow } from '../src/pipeline/store/job-store.ts';
import { listening } from './listening.ts';
import { silent } from './services.ts';

/** How many messages came, 0 while not all are answered, and what is in use afterwards, in MB. */
export interface Report {
  readonly heard: number;
  readonly heap: number;
  readonly resident: number;
}

/** What a request is told of: acknowledged, researched, started, a little progress, its end. */
const NOTICES = 5;

// Pauses that a benchmark can wait for.
const { transport } = await listening(process.argv[2]!, { backoffMax: 0.001, reconcileDelay: 1 });
const waiting: OutboxRow[] = [];
const events$ = new Subject<{ readonly type: 'outbox' }>();
const store = {
  events$,
  unsent: async (_: string, limit: number) => waiting.slice(0, limit),
  nextDue: async () => undefined,
  sent: async ({ seq }: OutboxRow) =>
    void waiting.splice(
      waiting.findIndex((row) => row.seq === seq),
      1,
    ),
  postpone: async () => {},
};
createSender({
  store: store as unknown as JobStore,
  transport,
  logger: silent,
  clock: { now: Date.now },
  fitting: { clean: (text) => text, reduce: (notice) => notice },
  stop: new AbortController().signal,
  cut: new AbortController().signal,
});

let heard = 0;
transport.messages$.subscribe(({ settle }) => {
  const run = `req_${heard++}`;
  for (let i = 0; i < NOTICES; i++) {
    const notice = { title: `notice ${i} of ${run}`, body: 'what is told', kind: 'final' } as const;
    waiting.push({ seq: heard * NOTICES + i, run, key: String(i), notice, attempts: 0 });
  }
  events$.next({ type: 'outbox' });
  settle();
});

process.on('message', async () => {
  for (let i = 0; i < 3 && waiting.length === 0; i++) {
    await new Promise(setImmediate);
    globalThis.gc?.();
  }
  const { heapUsed, rss } = process.memoryUsage();
  process.send?.({
    heard: waiting.length === 0 ? heard : 0,
    heap: heapUsed / 2 ** 20,
    resident: rss / 2 ** 20,
  } satisfies Report);
});
