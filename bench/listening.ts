import type { z } from 'zod';
import type { Host } from '../src/pipeline/host.ts';
import type { Json } from '../src/pipeline/json.ts';
import { Clock, Fetch } from '../src/pipeline/services.ts';
import { JobStore } from '../src/pipeline/store/job-store.ts';
import type { Token } from '../src/pipeline/token.ts';
import type { Transport } from '../src/pipeline/transport.ts';
import { ntfy } from '../src/transports/ntfy/ntfy.ts';
import type { ntfyOptions } from '../src/transports/ntfy/options.ts';
import { silent } from './services.ts';

interface Listening {
  readonly transport: Transport;
  close(): Promise<void>;
}

/** An ntfy transport that listens to a server on loopback, with a store that is a Map. */
export async function listening(baseUrl: string, options: Partial<z.input<typeof ntfyOptions>>): Promise<Listening> {
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
  const usual = { askTopic: 'ask', answerTopic: 'answer', claudeTopic: '', codexTopic: '', backoffMax: 1 };
  // A benchmark asks more of its server in a minute than Milton allows itself.
  const limits = { canaryInterval: 0, burst: 1e6, dailyMessages: 1e6 };
  const part = ntfy({ baseUrl, allowHttp: false, ...limits, ...usual, ...options });
  const cleanups: (() => void | Promise<void>)[] = [];
  const host: Host = {
    options: part.schema?.parse(part.input),
    logger: silent,
    get: <T>(token: Token<T>) => services.get(token) as T,
    onClose: (cleanup) => void cleanups.push(cleanup),
    make: () => Promise.reject(new Error('there is no part in it')),
  };
  const transport = await part.create(host as Host<never>);
  const close = async () => {
    for (const cleanup of cleanups) await cleanup();
  };
  return { transport, close };
}
