import { Transports } from '../../src/pipeline/exposure.ts';
import type { Message, Notice } from '../../src/pipeline/message.ts';
import type { Part } from '../../src/pipeline/part.ts';
import type { Step } from '../../src/pipeline/plugin.ts';
import { createRedactor, Redact } from '../../src/pipeline/services/redact.ts';
import type { Logger } from '../../src/pipeline/services.ts';
import { type AnySlot, decodeSlot, encodeSlot } from '../../src/pipeline/slot.ts';
import { Steps } from '../../src/pipeline/steps.ts';
import type { Effect } from '../../src/pipeline/store/job-store.ts';
import { type Token, tokenName } from '../../src/pipeline/token.ts';

export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

/** One service for a step under test. */
export const given = <T>(token: Token<T>, value: T) => [token, value] as const;

interface SetUp {
  readonly services?: readonly (readonly [symbol, unknown])[];
  readonly logger?: Logger;
}

/** What one message did to a step. */
export interface Outcome {
  readonly notices: readonly Notice[];
  readonly effects: readonly Effect[];
  readonly passedOn: boolean;
  /** Whether nothing of it was to be stored. */
  readonly ignored: boolean;
  /** What the steps below get as its text. */
  readonly text: string;
  slot<T = unknown>(slot: AnySlot): T | undefined;
}

interface Sent {
  readonly id?: string;
  /** The message's own id, its transport, and when it was sent. */
  readonly message?: string;
  readonly transport?: string;
  readonly at?: string;
  /** What this run has marked before it was held. */
  readonly marks?: readonly string[];
  readonly text?: string;
  readonly topic?: string;
  readonly unread?: Message['unread'];
  readonly slots?: readonly (readonly [AnySlot, unknown])[];
  readonly signal?: AbortSignal;
  /** Results of `run.step` by name: a name that is there is replayed, others are added. */
  readonly journal?: Map<string, unknown>;
}

const seen = new WeakMap<object, Set<string>>();

/** Sets a step up as the core would, and returns what sends it a message. */
export function startStep(step: Step, { services = [], logger = silent }: SetUp = {}) {
  const bound = new Map<symbol, unknown>([[Redact, createRedactor([])], [Transports, []], [Steps, []], ...services]);
  const get = (token: symbol) => {
    if (!bound.has(token)) throw new Error(`no service ${tokenName(token)}`);
    return bound.get(token);
  };
  const handler = step.plugin.setup({
    options: (step.plugin.options as { parse(input: unknown): unknown } | undefined)?.parse(step.input) ?? {},
    logger,
    get,
    onClose() {},
    make: async ({ name, schema, input, create }: Part) =>
      create({ name, options: schema?.parse(input) ?? {}, logger, get, onClose() {} } as never),
  } as never);
  const marks = seen.get(step) ?? new Set<string>();
  seen.set(step, marks);

  return async (sent: Sent = {}): Promise<Outcome> => {
    const slots = new Map((sent.slots ?? []).map(([slot, value]) => [slot.name, encodeSlot(slot, value)]));
    const notices: Notice[] = [];
    const effects: Effect[] = [];
    let passedOn = false;
    let ignored = false;
    const own = new Set(sent.marks);
    const run = {
      id: sent.id ?? 'req_aaaaaa',
      message: {
        id: sent.message ?? 'memory:1',
        transport: sent.transport ?? 'memory',
        text: sent.text ?? '',
        at: sent.at ?? '2026-11-23T10:00:00Z',
        ...(sent.topic === undefined ? {} : { topic: sent.topic }),
        ...(sent.unread === undefined ? {} : { unread: sent.unread }),
      },
      lane: 'default',
      signal: sent.signal ?? new AbortController().signal,
      get: (slot: AnySlot) => (slots.has(slot.name) ? decodeSlot(slot, slots.get(slot.name)!) : undefined),
      set: (slot: AnySlot, value: unknown) => void slots.set(slot.name, encodeSlot(slot, value)),
      first: async (key: string) =>
        own.has(key) || (!marks.has(key) && Boolean(marks.add(key)) && Boolean(own.add(key))),
      marked: (key: string) => own.has(key),
      rewrite: (text: string) => {
        run.message = { ...run.message, text };
      },
      ignore: () => {
        ignored = true;
      },
      stage: (effect: Effect) => void effects.push(effect),
      notify: (notice: Notice) => void notices.push(notice),
      step: async (name: string, work: (context: object) => Promise<unknown>) => {
        const journal = sent.journal ?? new Map();
        if (!journal.has(name)) journal.set(name, JSON.parse(JSON.stringify(await work({ signal: run.signal }))));
        return journal.get(name);
      },
    };
    await (await handler)(run as never, async () => {
      passedOn = true;
    });
    return {
      notices,
      effects,
      passedOn,
      ignored,
      text: run.message.text,
      slot: <T>(slot: AnySlot) => (slots.has(slot.name) ? (decodeSlot(slot, slots.get(slot.name)!) as T) : undefined),
    };
  };
}
