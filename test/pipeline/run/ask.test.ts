import { BehaviorSubject, NEVER, of } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { definePlugin, type Run } from '../../../src/pipeline/plugin.ts';
import { lane, queue } from '../../../src/pipeline/queue.ts';
import { Clock } from '../../../src/pipeline/services.ts';
import type { AnswerResult, JobStore } from '../../../src/pipeline/store/job-store.ts';
import { memoryStore } from '../../../src/pipeline/store/memory.ts';
import { bind } from '../../../src/pipeline/token.ts';
import type { Health } from '../../../src/pipeline/transport.ts';
import { once, type Rig, rig } from '../../support/core.ts';

const ownLane = definePlugin({
  name: 'own-lane',
  provides: [lane],
  setup: () => (run, next) => {
    run.set(lane, run.message.id);
    return next();
  },
});

const asker = (answers: string[], timeout = 60_000, limit?: number) =>
  definePlugin({
    name: 'asker',
    setup: () => async (run: Run, next) => {
      const { choice, by } = await run.ask('plan', {
        title: 'Go on?',
        choices: ['yes', 'no'],
        timeout,
        onTimeout: 'no',
      });
      answers.push(`${run.message.id} ${choice} ${by}`);
      await next();
    },
  })(limit === undefined ? {} : { timeout: limit });

const idIn = (notice: object) => /\bq[a-z2-7]{4,}\b/.exec(JSON.stringify(notice))![0];

const questionId = (made: Rig) =>
  expect
    .poll(() => made.notices.filter((notice) => notice.kind === 'question').length)
    .toBeGreaterThan(0)
    .then(() => made.notices.find((notice) => notice.kind === 'question')!)
    .then(idIn);

let messages = 0;
async function answer(
  store: JobStore,
  question: string,
  choice: string,
  at = new Date(),
): Promise<AnswerResult | 'duplicate'> {
  const id = `answer-${++messages}`;
  let result: AnswerResult | 'duplicate' = 'duplicate';
  await store.accept({
    run: id,
    message: { id, text: choice, transport: 'phone', at: at.toISOString() },
    seen: [id],
    effects: [
      {
        do: 'answer',
        question,
        choice,
        reply: (outcome) => {
          result = outcome;
          return undefined;
        },
      },
    ],
    notices: [],
  });
  return result;
}

describe('run.ask', () => {
  test('waits for the first answer; later ones are told apart', async () => {
    const answers: string[] = [];
    const made = await rig([queue(), asker(answers)]);
    made.send('m');
    const id = await questionId(made);
    expect(await answer(made.store, 'qzzzzz', 'yes')).toBe('unknown');
    expect(await answer(made.store, id, 'maybe')).toEqual({ choices: ['yes', 'no'] });
    expect(await answer(made.store, id, 'yes')).toBe('accepted');
    expect(await answer(made.store, id, 'no')).toBe('late');
    await made.idle();
    await made.stop();
    expect(answers).toEqual(['m yes person']);
  });

  test('takes the timeout’s answer when nobody answers', async () => {
    const answers: string[] = [];
    const made = await rig([queue(), asker(answers, 20)], { health$: of({ state: 'connected' }) });
    made.send('m');
    await made.idle().catch(() => {});
    await expect.poll(() => answers).toEqual(['m no timeout']);
    await made.idle();
    await made.stop();
  });

  test('gives its place back and stops the step’s clock while it waits', async () => {
    const answers: string[] = [];
    const made = await rig([ownLane(), queue(), asker(answers, 60_000, 1_000)], { concurrency: 1 });
    for (const id of ['m1', 'm2', 'm3']) made.send(id);
    const questions = async () =>
      (await made.jobs()).flatMap(({ notices }) => notices.filter(({ key }) => key.startsWith('ask')));
    await expect.poll(async () => (await questions()).length).toBe(3);
    expect(answers).toEqual([]);
    // Longer than the step may take.
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    for (const { notice } of await questions()) await answer(made.store, idIn(notice), 'yes');
    await made.idle();
    await made.stop();
    expect(answers.toSorted()).toEqual(['m1 yes person', 'm2 yes person', 'm3 yes person']);
    expect(made.log.filter((line) => line.level === 'error')).toEqual([]);
  });

  test('a cancel ends the waiting and closes the question', async () => {
    const made = await rig([queue(), asker([])]);
    made.send('m');
    const id = await questionId(made);
    const [job] = await made.jobs();
    await made.store.accept({
      run: 'c',
      message: { id: 'c', text: 'CANCEL', transport: 'phone', at: new Date().toISOString() },
      seen: ['c'],
      effects: [{ do: 'cancel', job: job!.id, final: { title: 'x' }, reply: () => undefined }],
      notices: [],
    });
    await made.idle();
    expect((await made.jobs())[0]).toMatchObject({ state: 'cancelled' });
    expect(await answer(made.store, id, 'yes')).toBe('late');
    await made.stop();
  });

  test('an answer given while Milton was down is found after the restart; the question is not asked again', async () => {
    const store = memoryStore();
    const answers: string[] = [];
    const first = await rig([queue(), asker(answers)], { store });
    first.send('m');
    const id = await questionId(first);
    await first.stop(0);
    expect(await answer(store, id, 'yes')).toBe('accepted');
    const second = await rig([queue(), asker(answers)], { store });
    await second.idle();
    await second.stop();
    expect(answers).toEqual(['m yes person']);
    expect([...first.notices, ...second.notices].filter((notice) => notice.kind === 'question')).toHaveLength(1);
    await store.close();
  });

  test('a deadline that passed while Milton was down waits until the transports have caught up', async () => {
    const store = memoryStore();
    const answers: string[] = [];
    const first = await rig([queue(), asker(answers, 30)], { store, health$: NEVER });
    const before = new Date();
    first.send('m');
    const id = await questionId(first);
    await first.stop(0);
    await new Promise((resolve) => setTimeout(resolve, 40));
    const second = await rig([queue(), asker(answers, 30)], { store, health$: NEVER });
    await expect.poll(async () => (await store.list({ states: ['active'] })).length).toBe(1);
    expect(await answer(store, id, 'too late')).toBe('late');
    expect(await answer(store, id, 'yes', before)).toBe('accepted');
    await second.idle();
    await second.stop();
    expect(answers).toEqual(['m yes person']);
    await store.close();
  });

  test('a deadline is not over while the transport is not connected: an answer may be on its way', async () => {
    const answers: string[] = [];
    const health$ = new BehaviorSubject<Health>({ state: 'reconnecting', since: '', why: 'no network' });
    const made = await rig([ownLane(), queue(), asker(answers, 30)], { health$ });
    const before = new Date();
    made.send('m1');
    const id = await questionId(made);
    made.send('m2');
    await expect.poll(async () => (await made.store.list({ states: ['active'] })).length).toBe(2);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(answers).toEqual([]);
    expect(await answer(made.store, id, 'yes', before)).toBe('accepted');
    await expect.poll(() => answers).toEqual(['m1 yes person']);
    health$.next({ state: 'connected' });
    await made.idle();
    await made.stop();
    expect(answers).toEqual(['m1 yes person', 'm2 no timeout']);
  });

  test('a shutdown while it waits for its transport leaves the question open', async () => {
    const store = memoryStore();
    const health$ = new BehaviorSubject<Health>({ state: 'deaf', since: '', why: 'no canary came back' });
    const made = await rig([queue(), asker([], 10)], { store, health$ });
    made.send('m');
    const id = await questionId(made);
    await new Promise((resolve) => setTimeout(resolve, 30));
    await made.stop(0);
    health$.next({ state: 'connected' });
    expect(await store.answerOf(id)).toBeUndefined();
    expect((await store.list())[0]?.state).toBe('queued');
    await store.close();
  });

  const good = { title: 'Go?', choices: ['yes', 'no'], timeout: 60_000, onTimeout: 'no' };
  test.each([
    [{ choices: [] }, 'gives no choices'],
    [{ choices: Array.from({ length: 21 }, (_, i) => `c${i}`) }, 'gives more than 20 choices'],
    [{ choices: ['yes', ' '] }, 'one of its choices is empty or has more than one line'],
    [{ choices: ['yes\nno', 'no'] }, 'one of its choices is empty or has more than one line'],
    [{ choices: ['no', 'No '] }, 'two of its choices differ in nothing but case or spaces'],
    [{ choices: ['no', 'x'.repeat(999)] }, 'its choices have more than 1000 bytes together'],
    [{ onTimeout: 'zzz' }, 'onTimeout, "zzz", is not one of its choices'],
    [{ timeout: Number.NaN }, 'its timeout, NaN, is no number of milliseconds within 100 years'],
    [{ timeout: Number.POSITIVE_INFINITY }, 'its timeout, Infinity, is'],
    [{ timeout: -1 }, 'its timeout, -1, is'],
  ])('refuses a question that cannot be answered, on both sides of queue(): %o', async (wrong, why) => {
    const bad = definePlugin({
      name: 'bad',
      setup: () => async (run: Run, next) => {
        await run.ask('plan', { ...good, ...wrong });
        await next();
      },
    });
    for (const pipeline of [
      [queue(), bad()],
      [bad(), queue()],
    ]) {
      const made = await once(...pipeline);
      expect(made.said.at(-1)).toContain(`bad asks "plan", and ${why}`);
      expect(made.notices.filter(({ kind }) => kind === 'question')).toEqual([]);
    }
  });

  test('a question may have a timeout that is no whole number', async () => {
    const made = await rig([queue(), asker([], 3600_000 / 7)]);
    made.send('m');
    await questionId(made);
    await made.stop(0);
    expect(made.log.filter((line) => line.level === 'error')).toEqual([]);
  });

  test('a clock that was set back while Milton was down does not make the deadline wait', async () => {
    const store = memoryStore();
    const answers: string[] = [];
    const first = await rig([queue(), asker(answers, 100)], { store });
    first.send('m');
    await questionId(first);
    await first.stop(0);
    const clock = bind(Clock, () => ({ now: () => Date.now() - 365 * 24 * 3600_000 }));
    const health$ = of({ state: 'connected' } as const);
    const second = await rig([queue(), asker(answers, 100)], { store, health$, services: [clock] });
    await second.idle();
    await second.stop();
    expect(answers).toEqual(['m no timeout']);
    await store.close();
  });
});
