import type { z } from 'zod';
import type { Host } from '../../src/pipeline/host.ts';
import type { Json } from '../../src/pipeline/json.ts';
import type { Notice } from '../../src/pipeline/message.ts';
import type { Part } from '../../src/pipeline/part.ts';
import { Keys, NO_KEYS } from '../../src/pipeline/services/keys/keys.ts';
import { createRedactor, Redact } from '../../src/pipeline/services/redact.ts';
import { Clock, Fetch, type Logger } from '../../src/pipeline/services.ts';
import { JobStore, type KeyedNotice } from '../../src/pipeline/store/job-store.ts';
import type { Token } from '../../src/pipeline/token.ts';
import type { Transport } from '../../src/pipeline/transport.ts';

/** What a transport keeps between two lives of Milton. */
export type Memory = Map<string, Json>;

export interface SetUp {
  readonly transport: Transport;
  readonly log: string[];
  /** Those lines of the log that are errors. */
  readonly errors: string[];
  /** Moves the machine's clock, in ms. */
  readonly clock: { ahead: number };
  /** What the transport itself had to tell, by key. */
  readonly announced: Map<string, Notice>;
  close(): Promise<void>;
}

/** Sets a transport up as the core does, over a store that is a Map. */
export async function setUp(
  part: Part<Transport>,
  memory: Memory = new Map(),
  missing: ReadonlySet<symbol> = new Set(),
  keys: Keys = NO_KEYS,
): Promise<SetUp> {
  const [log, errors]: [string[], string[]] = [[], []];
  const clock = { ahead: 0 };
  const announced: SetUp['announced'] = new Map();
  const write = (message: string, meta?: object) => void log.push(`${message} ${JSON.stringify(meta ?? {})}`);
  const error = (message: string, meta?: object) => {
    errors.push(message);
    write(message, meta);
  };
  const logger: Logger = { debug: write, info: write, warn: write, error, child: () => logger };
  const cleanups: (() => void | Promise<void>)[] = [];
  const store = {
    recall: async (key: string) => memory.get(key),
    remember: async (key: string, value: Json) => void memory.set(key, value),
    announce: async (_transport: string, { key, notice }: KeyedNotice) => void announced.set(key, notice),
  };
  const services = new Map<symbol, unknown>([
    [Clock, { now: () => Date.now() + clock.ahead }],
    [Fetch, (...args: Parameters<typeof fetch>) => fetch(...args)],
    [JobStore, store],
    [Redact, createRedactor([])],
    [Keys, keys],
  ]);
  const host: Host = {
    options: (part.schema as z.ZodType).parse(part.input),
    logger,
    get: <T>(token: Token<T>) => {
      if (missing.has(token)) throw new Error(`no ${String(token)}`);
      return services.get(token) as T;
    },
    onClose: (cleanup) => void cleanups.push(cleanup),
    make: () => Promise.reject(new Error('a transport holds no parts')),
  };
  const transport = await part.create(host as Host<never>);
  const close = async () => {
    for (const cleanup of cleanups.reverse()) await cleanup();
  };
  return { transport, log, errors, clock, announced, close };
}
