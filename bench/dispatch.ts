import { z } from 'zod';
import type { Message } from '../src/pipeline/message.ts';
import { type Chain, compose } from '../src/pipeline/run/compose.ts';
import type { Layer } from '../src/pipeline/run/layer.ts';
import { RunState } from '../src/pipeline/run/run-state.ts';
import { slot } from '../src/pipeline/slot.ts';
import { memoryStore } from '../src/pipeline/store/memory.ts';
import type { Run } from './figures.ts';
import { silent } from './services.ts';
import { inTurns } from './statistics.ts';

const STEPS = 7;
const message: Message = { id: 'm', transport: 'bench', text: 'CODE: x', at: new Date().toISOString() };
const store = memoryStore();
const slots = Array.from({ length: STEPS }, (_, i) => slot(`s${i}`, z.object({ v: z.string() })));
const readable = new Set(slots.map(({ name }) => name));

/** One message through seven steps: the cost of the chain itself, per message. */
export const run: Run = async ({ quick }) => {
  const [rounds, messages] = quick ? [30, 1_000] : [120, 1_000];
  const runs = {
    bare: () => bare(message),
    plain: chained(layer),
    slots: chained((i) => ({ ...layer(i), handle: writesAndReads(i) })),
    limits: chained((i) => ({ ...layer(i), timeout: 60_000 })),
  };
  const timed = Object.entries(runs).map(([name, one]) => [name, () => time(one, messages)] as const);
  const taken = await inTurns(rounds, Object.fromEntries(timed));
  // The best round of each: two to three modes lie between, depending on what else the machine does.
  const best = (name: keyof typeof runs) => Math.min(...taken[name]!);
  const bytes: Record<string, number> = {};
  for (const [name, one] of Object.entries(runs)) bytes[name] = await allocated(one);
  const reference = { what: 'bare async chain', value: best('bare') };
  const time7 = { unit: 'ns' as const, reference };
  const allocation = { unit: 'B' as const, reference: { what: 'bare async chain', value: bytes.bare! } };
  return [
    {
      ...time7,
      what: '7 steps that only call next()',
      value: best('plain'),
      targets: [{ ratioAtMost: 2.5 }],
    },
    {
      ...time7,
      what: '… each sets a slot and reads one',
      value: best('slots'),
      targets: [{ atMost: 10_000 }],
    },
    { ...time7, what: '… each with a timeout', value: best('limits') },
    { ...allocation, what: 'allocated, only next()', value: bytes.plain! },
    { ...allocation, what: 'allocated, with slots', value: bytes.slots! },
  ];
};

type One = () => Promise<void>;

const bareSteps = Array.from({ length: STEPS }, () => async (_message: Message, next: One) => {
  await next();
});

async function bare(of: Message, index = 0): Promise<void> {
  const step = bareSteps[index];
  if (step) await step(of, () => bare(of, index + 1));
}

function layer(i: number): Layer {
  return {
    ...{ name: `l${i}`, anonymous: false, where: 'work', timeout: undefined, retries: 0, requires: [] },
    ...{ mayRead: readable, mayWrite: new Set([`s${i}`]), logger: silent },
    handle: async (_run, next) => {
      await next();
    },
  };
}

function writesAndReads(i: number): Layer['handle'] {
  const [mine, before] = [slots[i]!, slots[i - 1]];
  return async (run, next) => {
    run.set(mine as never, { v: 'x' } as never);
    if (before) run.get(before as never);
    await next();
  };
}

function chained(make: (i: number) => Layer): One {
  const chain: Chain = compose(Array.from({ length: STEPS }, (_, i) => make(i)));
  return () => chain(new RunState({ id: 'r', message, store }));
}

/** Nanoseconds per message. */
async function time(one: One, messages: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < messages; i++) await one();
  return ((performance.now() - start) / messages) * 1e6;
}

/** Bytes per message; so few messages that nothing is collected meanwhile. */
async function allocated(one: One): Promise<number> {
  const messages = 200;
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < messages; i++) await one();
  return Math.max(0, process.memoryUsage().heapUsed - before) / messages;
}
