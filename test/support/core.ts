import { type Observable, Subject } from 'rxjs';
import { vi } from 'vitest';
import type { MiltonConfig } from '../../src/pipeline/config.ts';
import type { Running } from '../../src/pipeline/flow/orchestrator.ts';
import type { Delivery, Notice } from '../../src/pipeline/message.ts';
import { defineStore, defineTransport } from '../../src/pipeline/part.ts';
import type { PipelineEntry } from '../../src/pipeline/plugin.ts';
import { createRedactor, Redact } from '../../src/pipeline/services/redact.ts';
import { Clock, Environment, Logger } from '../../src/pipeline/services.ts';
import { assemble, type Milton } from '../../src/pipeline/setup/assemble.ts';
import type { JobStore, JobView } from '../../src/pipeline/store/job-store.ts';
import { memoryStore } from '../../src/pipeline/store/memory.ts';
import { type Binding, bind } from '../../src/pipeline/token.ts';
import type { Health } from '../../src/pipeline/transport.ts';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly meta: Record<string, unknown>;
}

/** A logger that keeps its lines. */
export function memoryLogger(lines: LogLine[] = [], fields: object = {}): Logger {
  const at =
    (level: LogLine['level']) =>
    (message: string, meta: object = {}) => {
      lines.push({ level, message, meta: { ...fields, ...meta } });
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (more) => memoryLogger(lines, { ...fields, ...more }),
  };
}

/** The services the core needs, for tests. */
export function testServices(lines: LogLine[] = [], variables: Record<string, unknown> = {}): Binding[] {
  return [
    bind(Clock, () => ({ now: () => Date.now() })),
    bind(Logger, () => memoryLogger(lines)),
    bind(Redact, () => createRedactor(['hunter2-hunter2'])),
    bind(Environment, () => ({
      get: (name) =>
        name in variables ? { value: variables[name], origin: 'environment', secret: name.endsWith('KEY') } : undefined,
    })),
  ];
}

export interface Rig {
  readonly milton: Milton;
  readonly running: Running;
  readonly store: JobStore;
  readonly log: LogLine[];
  /** What was sent, as `title | body`. */
  readonly said: string[];
  readonly notices: Notice[];
  readonly settled: string[];
  send(id: string, text?: string): void;
  /** Resolves when every message is settled, every job has ended and every notice is sent. */
  idle(): Promise<void>;
  jobs(): Promise<readonly JobView[]>;
  stop(drainMs?: number): Promise<void>;
}

export interface RigOptions {
  readonly store?: JobStore;
  readonly concurrency?: number;
  readonly services?: readonly Binding[];
  readonly health$?: Observable<Health>;
  /** Called before each send; throw to make it fail. */
  readonly onSend?: (notice: Notice) => void | Promise<void>;
}

/** A Milton with the given pipeline, a store in memory and a phone that only remembers. */
export async function rig(pipeline: readonly PipelineEntry[], options: RigOptions = {}): Promise<Rig> {
  const store = options.store ?? memoryStore();
  const log: LogLine[] = [];
  const said: string[] = [];
  const notices: Notice[] = [];
  const settled: string[] = [];
  const inbox = new Subject<Delivery>();
  const health = new Subject<Health>();
  const phone = defineTransport({
    name: 'phone',
    create: ({ name }) => ({
      name,
      exposure: 'local',
      messages$: inbox,
      health$: options.health$ ?? health,
      async send(notice) {
        await options.onSend?.(notice);
        notices.push(notice);
        said.push(notice.body ? `${notice.title} | ${notice.body}` : notice.title);
      },
    }),
  });
  const config: MiltonConfig = {
    repositories: {},
    transports: [phone()],
    store: defineStore({ name: 'memory', create: () => store })(),
    agents: [],
    pipeline,
    ...(options.services ? { services: options.services } : {}),
    ...(options.concurrency ? { concurrency: options.concurrency } : {}),
  };
  const milton = await assemble(config, testServices(log));
  const running = milton.start();
  let sent = 0;
  const send = (id: string, text = id) => {
    sent++;
    inbox.next({
      message: { id, text, transport: 'phone', at: new Date().toISOString() },
      settle: () => settled.push(id),
    });
  };
  const idle = () =>
    vi.waitFor(
      async () => {
        if (settled.length < sent) throw new Error(`settled ${settled.length} of ${sent}`);
        const open = await store.list({ states: ['queued', 'active'] });
        if (open.length > 0) throw new Error(`open: ${open.map((job) => `${job.id} ${job.state}`).join(', ')}`);
        if ((await store.unsent('phone', 1)).length > 0) throw new Error('unsent notices');
      },
      { timeout: 5000, interval: 5 },
    );
  return {
    milton,
    running,
    store,
    log,
    said,
    notices,
    settled,
    send,
    idle,
    jobs: () => store.list(),
    async stop(drainMs = 50) {
      await running.stop(drainMs);
      await milton.close();
    },
  };
}

/** Sends one message through a pipeline below `queue()`, waits for its end, and stops. */
export async function once(...pipeline: readonly PipelineEntry[]): Promise<Rig> {
  const made = await rig(pipeline);
  made.send('m');
  await made.idle();
  await made.stop();
  return made;
}
