// What becomes of work, and of those who wait for it, when Milton is stopped.
import { describe, expect, test, vi } from 'vitest';
import type { Run } from '../../../src/pipeline/plugin.ts';
import { queue } from '../../../src/pipeline/queue.ts';
import { RunState } from '../../../src/pipeline/run/run-state.ts';
import { memoryStore } from '../../../src/pipeline/store/memory.ts';
import { type Trial, trial } from '../../../src/testing/trial.ts';

const untilAborted = ({ signal }: { readonly signal: AbortSignal }) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
/** Cancels the request in work, as CANCEL on the phone does. */
async function cancel({ store, jobs }: Trial): Promise<void> {
  const { id } = (await jobs())[0]!;
  const message = { id: 'phone:cancel', text: `CANCEL ${id}`, transport: 'phone', at: new Date().toISOString() };
  const effect = { do: 'cancel', job: id, final: { title: 'never begun' }, reply: () => undefined } as const;
  await store.accept({ run: 'cancel', message, seen: [message.id], effects: [effect], notices: [] });
}
const stopNotes = (said: readonly string[]) => said.filter((line) => line.startsWith('⏸️'));

describe('work that does not come to its end', () => {
  test('and may not be repeated: the phone hears that it was interrupted, and after the start how it ended', async () => {
    const store = memoryStore();
    const agent = (run: Run) => run.step('agent', untilAborted, { atMostOnce: true });
    const first = await trial([queue(), agent], { store });
    first.send('CODE: long');
    await expect.poll(async () => (await first.jobs())[0]?.state).toBe('active');
    await first.stop(20);
    const [job] = await first.jobs();
    expect(job!.state).toBe('queued');
    expect(stopNotes(first.said)).toEqual([
      `⏸️ [${job!.id}] Milton stops | What was at work on it has been interrupted. What came of it you hear when Milton starts again.`,
    ]);
    const second = await trial([queue(), agent], { store });
    await second.idle();
    await second.stop();
    expect((await second.jobs())[0]!.state).toBe('interrupted');
    expect(second.said.at(-1)).toMatch(/^⚠️ \[req_\w+\] interrupted/);
  });

  test('and may be repeated: it goes on after the start', async () => {
    const store = memoryStore();
    let starts = 0;
    const work = (run: Run) =>
      run.step('look', (context) => (++starts === 1 ? untilAborted(context) : Promise.resolve()));
    const first = await trial([queue(), work], { store });
    first.send('CODE: long');
    await expect.poll(() => starts).toBe(1);
    await first.stop(20);
    expect(stopNotes(first.said)).toEqual([expect.stringContaining('It goes on when Milton starts again.')]);
    const second = await trial([queue(), work], { store });
    await second.idle();
    await second.stop();
    expect([starts, (await second.jobs())[0]!.state]).toEqual([2, 'done']);
  });
});

test('work that does not heed it is given up after 12 s, so that the rest of the stop has its time', async () => {
  const store = memoryStore();
  const t = await trial([queue(), () => new Promise<void>(() => {})], { store });
  t.send('CODE: deaf');
  await expect.poll(async () => (await store.list())[0]?.state).toBe('active');
  const timers = vi.spyOn(globalThis, 'setTimeout');
  const stopped = t.stop(0);
  const limit = () => timers.mock.calls.find(([, ms]) => ms === 12_000)?.[0];
  await expect.poll(limit).toBeDefined();
  expect((await store.list())[0]!.state).toBe('active');
  (limit() as () => void)();
  await stopped;
  timers.mockRestore();
  expect((await store.list())[0]!.state).toBe('queued');
});

describe('a run that was cancelled just before the stop', () => {
  test('ends as cancelled, and nothing is said of the stop', async () => {
    const left = vi.spyOn(RunState.prototype, 'leave');
    const { promise: cleanedUp, resolve: cleanUp } = Promise.withResolvers<void>();
    const work = (run: Run) => run.step('look', (context) => untilAborted(context).finally(() => cleanedUp));
    const t = await trial([queue(), work], { store: memoryStore() });
    t.send('CODE: unwanted');
    await expect.poll(async () => (await t.jobs())[0]?.state).toBe('active');
    await cancel(t);
    const stopped = t.stop(0);
    await expect.poll(() => left.mock.calls.length).toBe(1);
    cleanUp();
    await stopped;
    left.mockRestore();
    const { id, state } = (await t.jobs())[0]!;
    expect([state, stopNotes(t.said), t.said.at(-1)]).toEqual(['cancelled', [], `🛑 [${id}] cancelled`]);
  });

  test('has no more time to clean up than any other, so that the rest of the stop has its time', async () => {
    const timers = vi.spyOn(globalThis, 'setTimeout');
    const limit = (of: number) => timers.mock.calls.find(([, ms]) => ms === of)?.[0];
    const t = await trial([queue(), () => new Promise<void>(() => {})], { store: memoryStore() });
    t.send('CODE: deaf and unwanted');
    await expect.poll(async () => (await t.jobs())[0]?.state).toBe('active');
    await cancel(t);
    await expect.poll(() => limit(30_000)).toBeDefined();
    const stopped = t.stop(0);
    await expect.poll(() => limit(12_000)).toBeDefined();
    (limit(12_000) as () => void)();
    await stopped;
    timers.mockRestore();
    expect((await t.jobs())[0]!.state).toBe('cancelled');
  });
});

test('work that comes to its end in time is let to, and nothing is said of the stop', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const t = await trial([queue(), () => promise], { store: memoryStore() });
  t.send('CODE: short');
  await expect.poll(async () => (await t.jobs())[0]?.state).toBe('active');
  const stopped = t.stop();
  resolve();
  await stopped;
  expect([(await t.jobs())[0]!.state, stopNotes(t.said)]).toEqual(['done', []]);
});

test('what waits for a person is not waited for, and its question stays', async () => {
  const store = memoryStore();
  const asks = async (run: Run) => {
    await run.ask('go', { title: 'Go?', choices: ['yes', 'no'], timeout: 60_000, onTimeout: 'no' });
  };
  const first = await trial([queue(), asks], { store });
  first.send('CODE: ask me');
  await expect.poll(() => first.said.some((line) => line.includes('Go?'))).toBe(true);
  const began = performance.now();
  await first.stop();
  expect(performance.now() - began).toBeLessThan(5000);
  expect(stopNotes(first.said)).toEqual([]);
  const second = await trial([queue(), asks], { store });
  await first.answer('yes');
  await second.idle();
  await second.stop();
  expect((await second.jobs())[0]!.state).toBe('done');
});

test('what waits for a person and is slow to clean up hears nothing of the stop either', async () => {
  const left = vi.spyOn(RunState.prototype, 'leave');
  const { promise: cleanedUp, resolve: cleanUp } = Promise.withResolvers<void>();
  const asks = (run: Run) =>
    run
      .ask('go', { title: 'Go?', choices: ['yes', 'no'], timeout: 60_000, onTimeout: 'no' })
      .finally(() => cleanedUp)
      .then(() => {});
  const t = await trial([queue(), asks], { store: memoryStore() });
  t.send('CODE: ask me');
  await expect.poll(() => t.said.some((line) => line.includes('Go?'))).toBe(true);
  const stopped = t.stop(0);
  await expect.poll(() => left.mock.calls.length).toBe(2);
  cleanUp();
  await stopped;
  left.mockRestore();
  expect([(await t.jobs())[0]!.state, stopNotes(t.said)]).toEqual(['queued', []]);
});
