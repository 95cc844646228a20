// A step above queue() asks: the run is held, and goes on with the answer.
import { BehaviorSubject, NEVER } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { MiltonError } from '../../../src/pipeline/errors.ts';
import { definePlugin, type Handler, type InlineHandler } from '../../../src/pipeline/plugin.ts';
import { lane, queue } from '../../../src/pipeline/queue.ts';
import { Clock } from '../../../src/pipeline/services.ts';
import type { JobStore } from '../../../src/pipeline/store/job-store.ts';
import { memoryStore } from '../../../src/pipeline/store/memory.ts';
import { bind } from '../../../src/pipeline/token.ts';
import { type Health, TransportError } from '../../../src/pipeline/transport.ts';
import type { Trial, TrialOptions } from '../../../src/testing/trial.ts';
import { trial } from '../../../src/testing/trial.ts';

const HOUR = 3600_000;
const question = { title: 'Run it?', choices: ['yes', 'no'], timeout: HOUR, onTimeout: 'no' };

const step = (name: string, handler: Handler) => definePlugin({ name, where: 'intake', setup: () => handler })();

/** Asks about messages that begin with "ask", and concludes the run on a "no". */
const gate = (timeout = HOUR) =>
  step('gate', async (run, next) => {
    if (!run.message.text.startsWith('ask')) return next();
    const { choice, by } = await run.ask('go', { ...question, timeout });
    if (choice === 'yes') return next();
    const outcome = by === 'person' ? 'cancelled' : 'expired';
    run.conclude({ outcome, notice: { title: `not run: ${by}` } });
  });

const work: InlineHandler = (run) => run.conclude({ outcome: 'done', notice: { title: `did ${run.message.text}` } });

/** How each request ended, and how many final notices it has. */
const ends = async ({ store }: Pick<Trial, 'store'>) =>
  (await store.list()).map(({ state, notices }) => [
    state,
    notices.filter(({ notice }) => notice.kind === 'final').length,
  ]);

/** Waits for the end of everything, and stops. */
async function over(t: Trial) {
  await t.idle();
  const found = await ends(t);
  await t.stop();
  return found;
}

const states = async (store: JobStore) => (await store.list()).map(({ state }) => state);
const held = (store: JobStore, count = 1) => expect.poll(() => states(store)).toEqual(Array(count).fill('held'));
const errors = ({ log }: Trial) => log.filter(({ level }) => level === 'error').map(({ message }) => message);

async function cancel(store: JobStore, job: string) {
  let result = '';
  const id = `cancel-${job}`;
  const final = { title: 'cancelled before', kind: 'final' } as const;
  const reply = (told: string) => {
    result = told;
    return undefined;
  };
  await store.accept({
    run: id,
    message: { id, text: 'CANCEL', transport: 'phone', at: new Date().toISOString() },
    seen: [id],
    effects: [{ do: 'cancel', job, final, reply }],
    notices: [],
  });
  return result;
}

describe('a request that is held', () => {
  test('is settled and asked about, and queued with its acknowledgement once the person says so', async () => {
    const passes: string[] = [];
    const early = step('early', async (run, next) => {
      passes.push(`${await run.first(run.message.id)} ${await run.first('key')}`);
      run.notify({ title: 'staged', kind: 'milestone' });
      await next();
    });
    const t = await trial([early, gate(), queue(), work]);
    const id = t.send('ask: x');
    await held(t.store);
    expect(t.settled).toEqual([id]);
    await expect.poll(() => t.said.length).toBe(1);
    expect(t.said[0]).toMatch(/^❓ \[req_\w+\] Run it\? \| Tap a button/);
    expect(await t.answer('yes')).toBe('accepted');
    const found = await over(t);
    expect(passes).toEqual(['true true', 'true true']);
    expect(t.said.slice(1)).toEqual([
      expect.stringMatching(/got it \| ask: x\nIt starts now\.$/),
      'staged',
      'did ask: x',
    ]);
    expect(found).toEqual([['done', 1]]);
    expect(errors(t)).toEqual([]);
  });

  test('ends with what the step concludes of a no', async () => {
    const t = await trial([gate(), queue(), work]);
    t.send('ask');
    expect(await t.answer('no')).toBe('accepted');
    const found = await over(t);
    expect(t.said.slice(1)).toEqual(['not run: person']);
    expect(found).toEqual([['cancelled', 1]]);
  });

  test('ends with the timeout’s answer when nobody answers', async () => {
    const t = await trial([gate(30), queue(), work]);
    t.send('ask');
    const found = await over(t);
    expect(t.said.at(-1)).toBe('not run: timeout');
    expect(found).toEqual([['expired', 1]]);
  });

  test('is delivered again and dropped as a duplicate', async () => {
    const t = await trial([gate(), queue(), work]);
    t.send('ask', { id: 'same' });
    await held(t.store);
    t.send('ask', { id: 'same' });
    await expect.poll(() => t.settled).toEqual(['same', 'same']);
    await t.answer('yes');
    const found = await over(t);
    expect(found).toEqual([['done', 1]]);
    expect(t.notices.filter(({ kind }) => kind === 'question')).toHaveLength(1);
  });

  test('can be asked twice', async () => {
    const second = step('second', async (run, next) => {
      const answers = [await run.ask('a', question), await run.ask('b', { ...question, title: 'Really?' })];
      run.notify({ title: answers.map(({ choice }) => choice).join(' '), kind: 'milestone' });
      await next();
    });
    const t = await trial([gate(), second, queue(), work]);
    t.send('ask');
    for (const choice of ['yes', 'no', 'yes']) await t.answer(choice);
    await t.idle();
    await t.stop();
    expect(t.said.map((line) => line.replace(/.*\] | \|.*|\n.*/g, ''))).toEqual([
      'Run it?',
      'Run it?',
      'Really?',
      'got it',
      'no yes',
      'did ask',
    ]);
  });

  test('waits in its lane by its arrival, and is told what runs before it', async () => {
    const gates = new Map<string, () => void>();
    const own = definePlugin({
      name: 'own',
      provides: [lane],
      setup: () => (run, next) => {
        run.set(lane, 'app');
        return next();
      },
    });
    const order: string[] = [];
    const slow: InlineHandler = async (run) => {
      order.push(run.message.text);
      if (run.message.text === 'first') await new Promise<void>((resolve) => gates.set('first', resolve));
      run.conclude({ outcome: 'done', notice: { title: 'x' } });
    };
    const t = await trial([own(), gate(), queue(), slow]);
    t.send('ask 1');
    t.send('ask 2');
    await held(t.store, 2);
    t.send('first');
    t.send('last');
    await expect.poll(() => order).toEqual(['first']);
    await t.answer('yes');
    await t.answer('yes');
    await expect.poll(() => states(t.store)).toEqual(['queued', 'queued', 'active', 'queued']);
    gates.get('first')!();
    await t.idle();
    const jobs = await t.jobs();
    await t.stop();
    expect(order).toEqual(['first', 'ask 1', 'ask 2', 'last']);
    const acknowledged = jobs.map(({ notices }) => notices.find(({ key }) => key === 'accepted')!.notice.body);
    expect(acknowledged).toEqual([
      'ask 1\n1 before it.',
      'ask 2\n2 before it.',
      'first\nIt starts now.',
      'last\n1 before it.',
    ]);
  });
});

describe('while it is held', () => {
  test('a cancel ends it at once, and an answer comes too late', async () => {
    const t = await trial([gate(), queue(), work]);
    t.send('ask');
    await held(t.store);
    await expect.poll(() => t.notices.length).toBe(1);
    expect(await cancel(t.store, (await t.jobs())[0]!.id)).toBe('cancelled');
    expect(await t.answer('yes')).toBe('late');
    const found = await over(t);
    expect(found).toEqual([['cancelled', 1]]);
    expect(t.said.at(-1)).toBe('cancelled before');
  });

  test('a cancel that comes while its steps run again wins', async () => {
    const entered = Promise.withResolvers<void>();
    const leave = Promise.withResolvers<void>();
    const slow = step('slow', async (run, next) => {
      const { choice } = await run.ask('go', question);
      entered.resolve();
      await leave.promise;
      if (choice === 'yes') await next();
    });
    const t = await trial([slow, queue(), work]);
    t.send('ask');
    await t.answer('yes');
    await entered.promise;
    expect(await cancel(t.store, (await t.jobs())[0]!.id)).toBe('cancelled');
    leave.resolve();
    const found = await over(t);
    expect(found).toEqual([['cancelled', 1]]);
    expect(t.log.map(({ message }) => message)).toContain('held run not queued: over');
  });

  test('a shutdown does not wait for it, nor lose it', async () => {
    const store = memoryStore();
    const first = await trial([gate(), queue(), work], { store });
    first.send('ask');
    await held(store);
    const before = performance.now();
    await first.stop();
    expect(performance.now() - before).toBeLessThan(4_000);
    const second = await trial([gate(), queue(), work], { store });
    await second.stop();
    expect(await states(store)).toEqual(['held']);
    await store.close();
  });

  test('two answers at the same time are one', async () => {
    const t = await trial([gate(), queue(), work]);
    t.send('ask');
    await expect.poll(() => t.notices.length).toBe(1);
    const results = [t.answer('yes'), t.answer('no')];
    expect((await Promise.all(results)).sort()).toEqual(['accepted', 'late']);
    const found = await over(t);
    expect(found[0]![1]).toBe(1);
  });
});

describe('after a restart', () => {
  const twice = async (timeout: number, options: TrialOptions = {}) => {
    const store = memoryStore();
    const first = await trial([gate(timeout), queue(), work], { store, health$: NEVER });
    const at = new Date().toISOString();
    first.send('ask');
    await expect.poll(() => first.notices.length).toBe(1);
    return { store, at, first, second: () => trial([gate(timeout), queue(), work], { store, ...options }) };
  };

  test('an answer whose run had not gone on yet is found', async () => {
    const { store, first, second } = await twice(HOUR);
    await first.stop(0);
    expect(await first.answer('yes')).toBe('accepted');
    const t = await second();
    const found = await over(t);
    expect(found).toEqual([['done', 1]]);
    expect(t.notices.filter(({ kind }) => kind === 'question')).toEqual([]);
    await store.close();
  });

  test('a deadline that passed meanwhile is over once the transports have caught up', async () => {
    const { store, first, second } = await twice(20);
    await first.stop(0);
    await new Promise((resolve) => setTimeout(resolve, 30));
    const t = await second();
    const found = await over(t);
    expect(found).toEqual([['expired', 1]]);
    await store.close();
  });

  test('an answer that was sent in time counts, though it comes after the deadline', async () => {
    const { store, at, first, second } = await twice(20, { health$: NEVER });
    await first.stop(0);
    await new Promise((resolve) => setTimeout(resolve, 30));
    const t = await second();
    expect(await first.answer('yes')).toBe('late');
    expect(await states(store)).toEqual(['held']);
    expect(await first.answer('yes', { at })).toBe('accepted');
    expect(await over(t)).toEqual([['done', 1]]);
    await store.close();
  });
});

describe('while its transport is not connected', () => {
  const asleep = { state: 'reconnecting', since: '', why: 'asleep' } as const;

  test('a deadline is not over, and an answer that was sent in time counts', async () => {
    let ahead = 0;
    const health$ = new BehaviorSubject<Health>({ state: 'connected' });
    const services = [bind(Clock, () => ({ now: () => Date.now() + ahead }))];
    const t = await trial([gate(), queue(), work], { health$, services });
    t.send('ask');
    await held(t.store);
    await expect.poll(() => t.notices.length).toBe(1);
    const at = new Date().toISOString();
    health$.next(asleep);
    ahead = 2 * HOUR;
    // Whatever is held next makes it look.
    t.send('ask again');
    await expect.poll(() => t.notices.length).toBe(2);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await states(t.store)).toEqual(['held', 'held']);
    expect(await t.answer('yes', { at })).toBe('accepted');
    await expect.poll(() => states(t.store)).toEqual(['done', 'held']);
    ahead = 4 * HOUR;
    health$.next({ state: 'connected' });
    t.send('any');
    expect(await over(t)).toEqual([
      ['done', 1],
      ['expired', 1],
      ['done', 1],
    ]);
  });

  test('a shutdown does not wait for it', async () => {
    const t = await trial([gate(1), queue(), work], { health$: new BehaviorSubject<Health>(asleep) });
    t.send('ask');
    await held(t.store);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await states(t.store)).toEqual(['held']);
    const before = performance.now();
    await t.stop();
    expect(performance.now() - before).toBeLessThan(4_000);
  });
});

test('a clock that is set back does not make the deadline wait', async () => {
  const YEAR = 365 * 24 * HOUR;
  let ahead = 0;
  const services = [bind(Clock, () => ({ now: () => Date.now() + ahead }))];
  const t = await trial([gate(300), queue(), work], { services });
  const before = performance.now();
  t.send('ask');
  await expect.poll(() => states(t.store)).toHaveLength(1);
  ahead = -YEAR;
  expect(await over(t)).toEqual([['expired', 1]]);
  expect(performance.now() - before).toBeGreaterThan(290);
});

describe('the steps above queue()', () => {
  test('cannot swallow the question, nor go on past it', async () => {
    const seen: string[] = [];
    const greedy = step('greedy', async (run, next) => {
      try {
        const { choice } = await run.ask('go', question);
        seen.push(choice);
      } catch (error) {
        seen.push((error as MiltonError).code);
        run.notify({ title: 'lost', kind: 'milestone' });
        run.conclude({ outcome: 'done', notice: { title: 'lost' } });
        try {
          await next();
        } catch (again) {
          seen.push((again as MiltonError).code);
        }
        return;
      }
      await next();
    });
    const t = await trial([greedy, queue(), work]);
    t.send('x');
    await t.answer('yes');
    const found = await over(t);
    expect(seen).toEqual(['RUN_HELD', 'RUN_HELD', 'yes']);
    expect(t.said.join()).not.toContain('lost');
    expect(found).toEqual([['done', 1]]);
  });

  test('must have a name to ask', async () => {
    const t = await trial([async (run) => void (await run.ask('go', question)), queue(), work]);
    t.send('x');
    await t.idle();
    await t.stop();
    expect(t.said[0]).toContain('An unnamed inline step uses run.ask()');
  });

  test('that fail after the answer end the request as failed, and say what to do', async () => {
    const broken = step('broken', async (run) => {
      await run.ask('go', question);
      throw new MiltonError('BROKEN', 'The tracker is down.');
    });
    const t = await trial([broken, queue(), work]);
    t.send('x');
    await t.answer('yes');
    const found = await over(t);
    expect(t.said.at(-1)).toMatch(/not run \| The tracker is down\. Nothing was run\. Send it again\.$/);
    expect(found).toEqual([['failed', 1]]);
  });

  test('that say something and go no further have said the last of it', async () => {
    const talker = step('talker', async (run) => {
      const { choice } = await run.ask('go', question);
      run.notify({ title: `you said ${choice}`, kind: 'reply' });
    });
    const silent = step('silent', async (run) => void (await run.ask('go', question)));
    for (const [one, said] of [
      [talker, /^you said no$/],
      [silent, /over, nothing was queued$/],
    ] as const) {
      const t = await trial([one, queue(), work]);
      t.send('x');
      await t.answer('no');
      const found = await over(t);
      expect(t.said.slice(1)).toEqual([expect.stringMatching(said)]);
      expect(found).toEqual([['done', 1]]);
    }
  });

  test('that go no further without a word are told of as not asked, where the question could not be sent', async () => {
    const silent = step('silent', async (run) => void (await run.ask('go', question)));
    const t = await trial([silent, queue(), work], {
      onSend: ({ kind }) => {
        if (kind === 'question') throw new TransportError('later', { retryable: true, paced: true, retryAfter: HOUR });
      },
    });
    t.send('x');
    await held(t.store);
    await t.store.expire((await t.store.held())[0]!.questions[0]!.id);
    await over(t);
    expect(t.said).toEqual([
      expect.stringMatching(/over, nothing was queued \| The question about it could not be sent in time\.$/),
    ]);
  });

  test('that fail after they have concluded do so alike, asked or not', async () => {
    for (const asks of [false, true]) {
      const hasty = step('hasty', async (run) => {
        if (asks) await run.ask('go', question);
        run.notify({ title: 'dropped' });
        run.conclude({ outcome: 'done', notice: { title: 'all fine' } });
        throw new MiltonError('BROKEN', 'The tracker is down.');
      });
      const t = await trial([hasty, queue(), work]);
      t.send('x');
      if (asks) await t.answer('yes');
      await over(t);
      expect(t.said.slice(asks ? 1 : 0)).toEqual(['all fine | ⚠️ Afterwards: hasty: The tracker is down.']);
      expect(errors(t)).toEqual(['The tracker is down.']);
    }
  });

  test('that stage an effect after the answer have it carried out', async () => {
    const boss = step('boss', async (run, next) => {
      if (run.message.text !== 'stop it') return next();
      const { choice } = await run.ask('sure', question);
      const job = (await t.store.held()).find(({ message }) => message.text === 'ask')!.id;
      const final = { title: 'stopped', kind: 'final' } as const;
      if (choice === 'yes') run.stage({ do: 'cancel', job, final, reply: (told) => ({ title: told, kind: 'reply' }) });
    });
    const t = await trial([boss, gate(), queue(), work]);
    t.send('stop it');
    t.send('ask');
    await held(t.store, 2);
    await t.answer('yes');
    expect(await over(t)).toEqual([
      ['done', 1],
      ['cancelled', 1],
    ]);
    expect(t.said).toEqual(expect.arrayContaining(['cancelled', 'stopped']));
  });

  test('run once more where another message has marked a key meanwhile', async () => {
    const results: boolean[] = [];
    let other: Trial | undefined;
    const once = step('once', async (run, next) => {
      if (run.message.text === 'ask') await run.ask('go', question);
      const first = await run.first('only-one');
      results.push(first);
      if (run.message.text === 'ask' && first) {
        await other!.store.accept({
          run: 'thief',
          message: { ...run.message, id: 'thief' },
          seen: ['only-one'],
          effects: [],
          notices: [],
        });
      }
      if (first) await next();
    });
    other = await trial([once, queue(), work]);
    other.send('ask');
    await other.answer('yes');
    const found = await over(other);
    expect(results).toEqual([true, false]);
    expect(found).toEqual([['done', 1]]);
  });
});

test('a conclusion above queue() is the last word, and nothing is queued', async () => {
  const t = await trial([
    step('stop', async (run, next) => {
      run.conclude({ outcome: 'cancelled', notice: { title: `no: ${run.message.text}` } });
      if (run.message.text === 'two') await next();
    }),
    queue(),
    work,
  ]);
  t.send('one');
  t.send('two');
  expect(await over(t)).toEqual([]);
  expect(t.said).toEqual(['no: one', 'no: two']);
  expect(t.notices.map(({ kind }) => kind)).toEqual(['final', 'final']);
});

describe('while the store is out', () => {
  /** A store whose `resume` and `expire` fail while a switch is on. */
  const failing = (error: () => Error) => {
    const out = { now: false, calls: 0 };
    const store = new Proxy(memoryStore(), {
      get(target, key) {
        const value = Reflect.get(target, key, target) as unknown;
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          if (!out.now || (key !== 'resume' && key !== 'expire')) return value.apply(target, args);
          out.calls++;
          return Promise.reject(error());
        };
      },
    });
    return { store, out };
  };

  test('a held request waits, and goes on as soon as it can', async () => {
    const { store, out } = failing(() => new MiltonError('STORE_FULL', 'The disk is full.'));
    const t = await trial([gate(), queue(), work], { store });
    t.send('ask 1');
    await held(store);
    out.now = true;
    await t.answer('yes');
    await expect.poll(() => errors(t)).toContain('a held request could not go on: The disk is full.');
    out.now = false;
    // Whatever is held next makes it look again before its time.
    t.send('ask 2');
    await t.answer('yes');
    const found = await over(t);
    expect(found).toEqual([
      ['done', 1],
      ['done', 1],
    ]);
    await store.close();
  });

  test('a shutdown ends, and the request is held still', async () => {
    const { store, out } = failing(() => new MiltonError('STORE', 'The disk is gone.'));
    const t = await trial([gate(), queue(), work], { store });
    t.send('ask 1');
    await held(store);
    out.now = true;
    await t.answer('yes');
    await expect.poll(() => out.calls).toBeGreaterThan(0);
    await t.stop();
    expect(await states(store)).toEqual(['held']);
    await store.close();
  });

  test('an error of another kind ends no stream', async () => {
    const { store, out } = failing(() => new Error('a bug'));
    const t = await trial([gate(), queue(), work], { store });
    t.send('ask 1');
    await held(store);
    out.now = true;
    await t.answer('yes');
    await expect.poll(() => errors(t).length).toBeGreaterThan(1);
    out.now = false;
    t.send('ask 2');
    await t.answer('yes');
    await t.idle();
    await t.stop();
    expect(await states(store)).toEqual(['done', 'done']);
    await store.close();
  });
});
