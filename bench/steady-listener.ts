// The listener of bench/steady.ts, in a process of its own: the ntfy transport, which tells on demand what it heard and takes.
import { listening } from './listening.ts';

/** How many messages came, and what is in use afterwards, in MB. */
export interface Report {
  readonly heard: number;
  readonly heap: number;
  readonly resident: number;
}

// Pauses that a benchmark can wait for.
const { messages$ } = await listening(process.argv[2]!, { backoffMax: 0.001, reconcileDelay: 1 });
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
