import { setTimeout as sleep } from 'node:timers/promises';
import { type Observable, of, Subject } from 'rxjs';
import type { Agent } from '../pipeline/agent.ts';
import type { Running } from '../pipeline/flow/orchestrator.ts';
import type { Delivery, Message, Notice } from '../pipeline/message.ts';
import { defineAgent, defineStore, defineTransport } from '../pipeline/part.ts';
import type { PipelineEntry } from '../pipeline/plugin.ts';
import { ExecaProcessRunner } from '../pipeline/services/process-runner.ts';
import { createRedactor, Redact } from '../pipeline/services/redact.ts';
import { Clock, Environment, Logger, ProcessRunner, Repositories, type Repository } from '../pipeline/services.ts';
import { assemble, type Milton } from '../pipeline/setup/assemble.ts';
import type { AnswerResult, JobStore, JobView } from '../pipeline/store/job-store.ts';
import { memoryStore } from '../pipeline/store/memory.ts';
import { type Binding, bind, bindClass } from '../pipeline/token.ts';
import type { Exposure, Health, Strangers } from '../pipeline/transport.ts';
import { type LogLine, memoryLogger } from './memory-logger.ts';

const PHONE = 'phone';
/** How long what must come is waited for, in ms: a busy machine takes its time. */
const WITHIN = 30_000;

export interface TrialOptions {
  /** What the environment says, by variable, as already parsed values. */
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly repositories?: readonly Repository[];
  readonly agents?: readonly Agent[];
  /** Replaces or adds services. */
  readonly services?: readonly Binding[];
  readonly concurrency?: number;
  /** Milliseconds an aborted run may take to clean up. */
  readonly patience?: number;
  /** Exact values that must never leave the machine. */
  readonly secrets?: readonly string[];
  /** Give one store to two trials to play a restart; `stop` then leaves it open. */
  readonly store?: JobStore;
  readonly health$?: Observable<Health>;
  /** Who can send through the phone: `local` unless given. */
  readonly exposure?: Exposure;
  readonly strangers?: Strangers;
  /** Called before each notice is sent; throw to make the sending fail. */
  readonly onSend?: (notice: Notice) => void | Promise<void>;
}

/** A pipeline at work on the real core, with a store in memory and a phone that only remembers. */
export interface Trial {
  readonly milton: Milton;
  readonly running: Running;
  readonly store: JobStore;
  readonly log: readonly LogLine[];
  /** Everything sent to the phone so far. */
  readonly notices: readonly Notice[];
  /** The same as text: `title | body`. */
  readonly said: readonly string[];
  /** Ids of the messages that intake is done with. */
  readonly settled: readonly string[];
  /** Sends a message; returns its id. */
  send(text: string, more?: Partial<Message>): string;
  /** Resolves when every message is settled, every request has ended and every notice is sent; rejects after `within` ms. */
  idle(within?: number): Promise<void>;
  /** Answers the oldest question that is still open, as the person would; waits until there is one. */
  answer(choice: string, more?: Partial<Message>): Promise<AnswerResult>;
  jobs(): Promise<readonly JobView[]>;
  stop(drainMs?: number): Promise<void>;
}

/**
 * Starts a pipeline for a test. What a plugin does here it does in the daemon: it is the same core.
 * @example
 * const t = await trial([queue(), shout()]);
 * t.send('hello');
 * await t.idle();
 * expect(t.said).toContain('HELLO');
 * await t.stop();
 */
export async function trial(pipeline: readonly PipelineEntry[], options: TrialOptions = {}): Promise<Trial> {
  const store = options.store ?? memoryStore();
  const log: LogLine[] = [];
  const notices: Notice[] = [];
  const settled: string[] = [];
  const inbox = new Subject<Delivery>();
  const phone = defineTransport({
    name: PHONE,
    create: ({ name }) => ({
      name,
      exposure: options.exposure ?? 'local',
      ...(options.strangers ? { strangers: options.strangers } : {}),
      messages$: inbox,
      health$: options.health$ ?? of({ state: 'connected' } as const),
      async send(notice) {
        await options.onSend?.(notice);
        notices.push(notice);
      },
    }),
  });
  const milton = await assemble(
    {
      repositories: {},
      transports: [phone()],
      store: defineStore({ name: 'memory', create: () => store })(),
      agents: (options.agents ?? []).map((agent) => defineAgent({ name: agent.name, create: () => agent })()),
      pipeline,
      ...(options.services ? { services: options.services } : {}),
      ...(options.concurrency ? { concurrency: options.concurrency } : {}),
    },
    testServices(log, options),
  );
  const running = milton.start(options.patience === undefined ? {} : { patience: options.patience });
  let sent = 0;
  return {
    milton,
    running,
    store,
    log,
    notices,
    settled,
    get said() {
      return notices.map(({ title, body }) => (body ? `${title} | ${body}` : title));
    },
    send(text, more = {}) {
      const message = { id: `${PHONE}:${++sent}`, text, transport: PHONE, at: new Date().toISOString(), ...more };
      inbox.next({ message, settle: () => settled.push(message.id) });
      return message.id;
    },
    async idle(within = WITHIN) {
      const deadline = Date.now() + within;
      for (;;) {
        const busy = await unfinished(store, sent - settled.length);
        if (busy === undefined) return;
        if (Date.now() > deadline) throw new Error(`Not idle after ${within} ms: ${busy}.`);
        await sleep(5);
      }
    },
    async answer(choice, more = {}) {
      const question = await asked(notices, store);
      const id = `${PHONE}:answer:${++sent}`;
      settled.push(id);
      const message = {
        id,
        text: `ANSWER ${question} ${choice}`,
        transport: PHONE,
        at: new Date().toISOString(),
        ...more,
      };
      let result: AnswerResult = 'unknown';
      const reply = (told: AnswerResult) => {
        result = told;
        return undefined;
      };
      const effects = [{ do: 'answer', question, choice, reply } as const];
      await store.accept({ run: id, message, seen: [message.id], effects, notices: [] });
      return result;
    },
    jobs: () => store.list(),
    async stop(drainMs = 50) {
      await running.stop(drainMs);
      await milton.close();
      if (!options.store) await store.close();
    },
  };
}

/** The id of the first question on the phone that has no answer yet. */
async function asked(notices: readonly Notice[], store: JobStore): Promise<string> {
  const deadline = Date.now() + WITHIN;
  for (;;) {
    for (const { kind, body = '' } of notices) {
      const id = kind === 'question' ? /\bANSWER (q[a-z2-7]+) /.exec(body)?.[1] : undefined;
      if (id !== undefined && !(await store.answerOf(id))) return id;
    }
    if (Date.now() > deadline) throw new Error(`Nothing was asked within ${WITHIN} ms.`);
    await sleep(5);
  }
}

async function unfinished(store: JobStore, unsettled: number): Promise<string | undefined> {
  if (unsettled > 0) return `${unsettled} messages not settled`;
  const open = await store.list({ states: ['held', 'queued', 'active'] });
  if (open.length > 0) return open.map((job) => `${job.id} is ${job.state}`).join(', ');
  return (await store.unsent(PHONE, 1)).length > 0 ? 'notices not sent' : undefined;
}

function testServices(log: LogLine[], { variables = {}, repositories = [], secrets = [] }: TrialOptions): Binding[] {
  return [
    bind(Clock, () => ({ now: () => Date.now() })),
    bind(Logger, () => memoryLogger(log)),
    bind(Redact, () => createRedactor(secrets)),
    bindClass(ProcessRunner, ExecaProcessRunner),
    bind(Repositories, () => repositories),
    bind(Environment, () => ({
      get: (name) => (name in variables ? { value: variables[name], origin: 'environment', secret: false } : undefined),
    })),
  ];
}
