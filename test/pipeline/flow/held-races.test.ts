// Whatever happens to held requests at the same time, each has one end.
import { setTimeout as sleep } from 'node:timers/promises';
import { NEVER } from 'rxjs';
import { expect, test } from 'vitest';
import { MiltonError } from '../../../src/pipeline/errors.ts';
import { resumeHeld } from '../../../src/pipeline/flow/held.ts';
import { definePlugin } from '../../../src/pipeline/plugin.ts';
import { queue } from '../../../src/pipeline/queue.ts';
import type { Chain } from '../../../src/pipeline/run/compose.ts';
import type { Effect, JobStore } from '../../../src/pipeline/store/job-store.ts';
import { memoryStore } from '../../../src/pipeline/store/memory.ts';
import { memoryLogger } from '../../../src/testing/memory-logger.ts';
import { trial } from '../../../src/testing/trial.ts';
import fc from '../../support/property.ts';

const question = { title: 'Run it?', choices: ['yes', 'no'], timeout: 3600_000, onTimeout: 'no' };

const gate = definePlugin({
  name: 'gate',
  where: 'intake',
  setup: () => async (run, next) => {
    const { choice, by } = await run.ask('go', question);
    await sleep(Number(run.message.text));
    if (choice === 'yes') return next();
    run.conclude({ outcome: by === 'person' ? 'cancelled' : 'expired', notice: { title: 'not run' } });
  },
});

/** A message that carries one effect. */
const act = (store: JobStore, id: string, effect: Effect) =>
  store.accept({
    run: id,
    message: { id, text: '', transport: 'phone', at: new Date().toISOString() },
    seen: [id],
    effects: [effect],
    notices: [],
  });

const event = fc.record({
  run: fc.nat(2),
  what: fc.constantFrom('yes', 'no', 'expire', 'cancel', 'again', 'restart'),
  pause: fc.nat(12),
});

test('answers, deadlines, cancels, duplicates and restarts at any moment leave one end each', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 3, maxLength: 12 }), async (events) => {
      const store = memoryStore();
      const ran: string[] = [];
      const start = () =>
        trial(
          [
            gate(),
            queue(),
            async function work(run) {
              await run.step('agent', async () => void ran.push(run.message.id), { atMostOnce: true });
              run.conclude({ outcome: 'done', notice: { title: 'done' } });
            },
          ],
          { store },
        );
      let t = await start();
      const ids = ['a', 'b', 'c'];
      ids.forEach((id, i) => void t.send(String(i * 4), { id }));
      await expect.poll(async () => (await store.held()).length).toBe(3);
      const runs = (await store.held()).map(({ id, questions }) => ({ id, question: questions[0]!.id }));
      let count = 0;
      for (const { run, what, pause } of [...events, ...ids.map((_, i) => ({ run: i, what: 'expire', pause: 0 }))]) {
        const { id: job, question } = runs[run]!;
        const id = `act-${count++}`;
        if (what === 'restart') {
          await t.stop(10_000);
          t = await start();
        } else if (what === 'again') t.send('0', { id: ids[run]! });
        else if (what === 'expire') await store.expire(question);
        else if (what === 'cancel') {
          await act(store, id, { do: 'cancel', job, final: { title: 'x', kind: 'final' }, reply: () => undefined });
        } else await act(store, id, { do: 'answer', question, choice: what, reply: () => undefined });
        await sleep(pause);
      }
      await t.idle();
      const jobs = await store.list();
      await t.stop();
      await store.close();
      expect(jobs.map(({ message }) => message.id)).toEqual(ids);
      for (const { state, notices, message } of jobs) {
        expect(['done', 'cancelled', 'expired']).toContain(state);
        expect(notices.filter(({ notice }) => notice.kind === 'final')).toHaveLength(1);
        expect(notices.filter(({ notice }) => notice.kind === 'question')).toHaveLength(1);
        const times = ran.filter((id) => id === message.id).length;
        expect(times).toBeLessThanOrEqual(1);
        if (state === 'done') expect(times).toBe(1);
        if (state === 'expired') expect(times).toBe(0);
      }
    }),
    { numRuns: 25 },
  );
}, 60_000);

/** Holds one request in a store of which some calls fail, and no hint is ever heard. */
async function alone(chain: Chain, fails: (method: string) => boolean = () => false) {
  const real = memoryStore();
  await real.accept({
    run: 'r',
    message: { id: 'm', text: '', transport: 'phone', at: new Date().toISOString() },
    seen: ['m'],
    hold: { id: 'r', lane: 'app', slots: {}, key: 'gate/go', question },
    effects: [],
    notices: [],
  });
  const store = new Proxy(real, {
    get(target, key) {
      if (key === 'events$') return NEVER;
      const value = Reflect.get(target, key, target) as unknown;
      if (typeof value !== 'function') return value;
      return async (...args: unknown[]) => {
        if (fails(String(key))) throw new MiltonError('STORE_FULL', 'The disk is full.');
        return value.apply(target, args);
      };
    },
  });
  const stop = new AbortController();
  const loop = resumeHeld({
    store,
    chain,
    logger: memoryLogger(),
    clock: { now: Date.now },
    caughtUp: async () => {},
    clean: (text) => text,
    hasPlace: () => true,
    stop: stop.signal,
    lookAgain: 5,
  });
  const [held] = await real.held();
  const close = async () => {
    stop.abort();
    await loop;
    await real.close();
  };
  return { store: real, question: held!.questions[0]!.id, close };
}

test('an answer is found without any hint', async () => {
  const chain: Chain = async (state) => {
    state.queued = true;
    state.lane = state.answers.get('gate/go')!.choice;
  };
  const { store, question: id, close } = await alone(chain);
  await act(store, 'yes', { do: 'answer', question: id, choice: 'yes', reply: () => undefined });
  await expect.poll(async () => (await store.get('r'))!.state).toBe('queued');
  expect((await store.get('r'))!.lane).toBe('yes');
  await close();
});

test('a store that fails again and again delays it, and nothing more', async () => {
  let [calls, passes] = [0, 0];
  const chain: Chain = async (state) => {
    passes++;
    await state.store.seen('x');
    state.queued = true;
  };
  const { store, question: id, close } = await alone(chain, () => [1, 3, 6].includes(++calls));
  await store.expire(id);
  await expect.poll(async () => (await store.get('r'))!.state).toBe('queued');
  expect(passes).toBe(3);
  expect((await store.get('r'))!.notices.map(({ key }) => key)).toEqual(['ask:gate/go', 'accepted']);
  await close();
});

test('it is over as soon as it is told to stop, also in the middle of trouble', async () => {
  const {
    store,
    question: id,
    close,
  } = await alone(
    async () => {},
    () => true,
  );
  await store.expire(id);
  const before = performance.now();
  await close();
  expect(performance.now() - before).toBeLessThan(4_000);
});
