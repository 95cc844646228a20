import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Agent, Agents } from '../../src/pipeline/agent.ts';
import { Transports } from '../../src/pipeline/exposure.ts';
import type { Host } from '../../src/pipeline/host.ts';
import type { Json } from '../../src/pipeline/json.ts';
import type { Notice } from '../../src/pipeline/message.ts';
import { variableOf } from '../../src/pipeline/options.ts';
import type { Part } from '../../src/pipeline/part.ts';
import type { Conclusion, Policy, Run, Step, StepContext } from '../../src/pipeline/plugin.ts';
import { ExecaProcessRunner } from '../../src/pipeline/services/process-runner.ts';
import { createRedactor, Redact } from '../../src/pipeline/services/redact.ts';
import {
  Clock,
  Environment,
  Fetch,
  Folders,
  Logger,
  ProcessRunner,
  Repositories,
  type Repository,
  type Setting,
} from '../../src/pipeline/services.ts';
import { type AnySlot, decodeSlot, encodeSlot, type Slots, type SlotValue } from '../../src/pipeline/slot.ts';
import { type Answer, JobStore, type Question } from '../../src/pipeline/store/job-store.ts';
import { memoryStore } from '../../src/pipeline/store/memory.ts';
import type { Token } from '../../src/pipeline/token.ts';
import type { Transport } from '../../src/pipeline/transport.ts';

/** A logger that keeps what it is told. */
export class MemoryLogger implements Logger {
  readonly lines: string[] = [];
  debug = (message: string) => void this.lines.push(`debug ${message}`);
  info = (message: string) => void this.lines.push(`info ${message}`);
  warn = (message: string) => void this.lines.push(`warn ${message}`);
  error = (message: string) => void this.lines.push(`error ${message}`);
  child = () => this;
}

/** An Environment over plain variables; each counts as set. */
export function fakeEnvironment(
  variables: Readonly<Record<string, unknown>> = {},
  defaults: Readonly<Record<string, unknown>> = {},
): Environment {
  return {
    get(name): Setting | undefined {
      if (variables[name] !== undefined) return { value: variables[name], origin: 'environment', secret: false };
      if (name in defaults) return { value: defaults[name], origin: 'default', secret: false };
      return undefined;
    },
  };
}

/** What programs need of the real environment, with a home of their own. */
export const hermetic = (home: string) => ({ PATH: process.env.PATH ?? '', HOME: home, GIT_CONFIG_NOSYSTEM: '1' });

export interface FakeServices {
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly state?: string;
  readonly repositories?: readonly Repository[];
  readonly agents?: readonly Agent[];
  readonly clock?: Clock;
  readonly logger?: MemoryLogger;
  readonly runner?: ProcessRunner;
  readonly transports?: readonly Pick<Transport, 'name' | 'exposure' | 'privacy' | 'strangers'>[];
  /** Exact values that nothing may show. */
  readonly secrets?: readonly string[];
  readonly store?: Pick<JobStore, 'recall' | 'remember'>;
}

const DEFAULTS = {
  ENABLE_CODEX_FALLBACK: true,
  CLAUDE_FALLBACK_ON_LIMIT: true,
  CLAUDE_BIN: 'claude',
  CLAUDE_TIMEOUT: 0,
  CODEX_BIN: 'codex',
  CODEX_TIMEOUT: 0,
  CODEX_EXTRA_ARGS: [],
  DRY_RUN: false,
  PERPLEXITY_BASE_URL: 'https://api.perplexity.ai',
  PERPLEXITY_TIMEOUT: 60,
  PERPLEXITY_MAX_RETRIES: 3,
  MAX_OUTPUT_SIZE: 12_000,
};

/** A host over the real process runner and made-up services; options come from `input`, then from the variables. */
export function fakeHost(
  schema: z.ZodType | undefined,
  input: Readonly<Record<string, unknown>>,
  services: FakeServices,
): Host<never> & { name: string } {
  const environment = fakeEnvironment(services.variables, DEFAULTS);
  const filled: Record<string, unknown> = { ...input };
  for (const [key, each] of Object.entries(schema instanceof z.ZodObject ? schema.shape : {})) {
    const variable = variableOf(each as z.ZodType);
    if (variable && filled[key] === undefined) filled[key] = environment.get(variable)?.value;
  }
  const folders = () => {
    const { state = '/nowhere' } = services;
    const made: Folders = { state, output: join(state, 'output'), logs: join(state, 'logs') };
    if (services.state) mkdirSync(made.output, { recursive: true, mode: 0o700 });
    return made;
  };
  let store: Pick<JobStore, 'recall' | 'remember'> | undefined;
  const known = new Map<symbol, () => unknown>([
    [Environment, () => environment],
    [ProcessRunner, () => services.runner ?? new ExecaProcessRunner()],
    [Clock, () => services.clock ?? { now: Date.now }],
    [Folders, folders],
    [Repositories, () => services.repositories ?? []],
    [Agents, () => services.agents ?? []],
    [Logger, () => services.logger],
    [Fetch, () => globalThis.fetch],
    [Redact, () => createRedactor(services.secrets ?? [])],
    [Transports, () => services.transports ?? []],
    [JobStore, () => (store ??= services.store ?? memoryStore())],
  ]);
  return {
    name: 'fake',
    options: (schema?.parse(filled) ?? {}) as never,
    logger: services.logger ?? new MemoryLogger(),
    get: <T>(token: Token<T>) => known.get(token)!() as T,
    onClose: () => {},
    make: (part) => makePart(part, services),
  };
}

/** Sets a part up as Milton would. */
export async function makePart<Product>(part: Part<Product>, services: FakeServices): Promise<Product> {
  return part.create({ ...fakeHost(part.schema, part.input, services), name: part.name } as Host<never>);
}

/** The same for an agent. */
export const makeAgent = (part: Part<Agent>, services: FakeServices): Promise<Agent> => makePart(part, services);

interface Entry {
  state: 'begun' | 'done' | 'failed';
  value?: string | undefined;
  note?: string | undefined;
}

/** A run that keeps everything in memory; give its `journal` to a second one to play a restart. */
export class FakeRun implements Run<Slots, Slots, Slots> {
  readonly id: string;
  readonly lane = 'app';
  readonly message = { id: 'memory:1', transport: 'memory', text: '', at: '2026-01-01T00:00:00.000Z' };
  readonly abort = new AbortController();
  readonly signal: AbortSignal = this.abort.signal;
  readonly logger = new MemoryLogger();
  readonly notices: Notice[] = [];
  readonly journal: Map<string, Entry>;
  readonly slots = new Map<string, Json>();
  conclusion: Conclusion | undefined;
  readonly questions: Question[] = [];
  /** What the person will say, in turn. */
  readonly answers: string[] = [];
  /** Called whenever a note has been saved. */
  onNote: (note: Json) => void = () => {};

  constructor(id: string, journal = new Map<string, Entry>()) {
    this.id = id;
    this.journal = journal;
  }

  with<S extends AnySlot>(slot: S, value: SlotValue<S>): this {
    this.slots.set(slot.name, encodeSlot(slot, value));
    return this;
  }

  // biome-ignore lint/suspicious/noExplicitAny: what a slot holds is up to the slot
  get(slot: AnySlot): any {
    return this.slots.has(slot.name) ? decodeSlot(slot, this.slots.get(slot.name)!) : undefined;
  }

  set(slot: AnySlot, value: unknown): void {
    if (this.slots.has(slot.name)) throw new Error(`${slot.name} was set twice`);
    this.slots.set(slot.name, encodeSlot(slot, value));
  }

  async first(): Promise<boolean> {
    return true;
  }

  marked(): boolean {
    return false;
  }

  rewrite(): void {}

  ignore(): void {}

  stage(): void {}

  async step<T>(name: string, work: (context: StepContext) => Promise<T>, ...rest: unknown[]): Promise<T> {
    const policy = rest[0] as Policy<T> | undefined;
    const old = this.journal.get(name);
    if (old?.state === 'done') return JSON.parse(old.value!);
    if (old?.state === 'failed') throw new Error(old.value);
    const entry: Entry = old ?? { state: 'begun' };
    this.journal.set(name, entry);
    const note = async (value: Json) => {
      entry.note = JSON.stringify(value);
      this.onNote(value);
    };
    const resume = old && policy?.atMostOnce;
    const noted = entry.note === undefined ? undefined : JSON.parse(entry.note);
    const value = resume ? await policy.recover!(noted) : await work({ signal: this.signal, note });
    entry.value = JSON.stringify(value);
    entry.state = 'done';
    return JSON.parse(entry.value);
  }

  notify(notice: Notice): void {
    this.notices.push(notice);
  }

  async ask(_name: string, question: Question): Promise<Answer> {
    this.questions.push(question);
    const choice = this.answers.shift();
    if (choice === undefined) throw new Error('nobody answers here');
    return { choice, by: 'person' };
  }

  conclude(conclusion: Conclusion): void {
    this.conclusion = conclusion;
  }
}

/** Runs one configured step on a run. */
export async function runStep(step: Step, run: FakeRun, services: FakeServices): Promise<void> {
  const handler = await step.plugin.setup(fakeHost(step.plugin.options, step.input, services));
  await handler(run, async () => {});
}
