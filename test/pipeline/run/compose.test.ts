import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { definePlugin } from '../../../src/pipeline/plugin.ts';
import { lane, queue } from '../../../src/pipeline/queue.ts';
import { slot } from '../../../src/pipeline/slot.ts';
import { once, rig } from '../../support/core.ts';

const word = slot('word', z.string());
const codes = (made: { log: readonly { level: string; meta: Record<string, unknown> }[] }) =>
  made.log.filter((line) => line.level === 'error').map((line) => (line.meta.error as { code?: string }).code);

describe('next()', () => {
  test('runs what is below between what stands before and after it', async () => {
    const order: string[] = [];
    await once(
      queue(),
      async function around(_run, next) {
        order.push('before');
        await next();
        order.push('after');
      },
      function inner() {
        order.push('inner');
      },
    );
    expect(order).toEqual(['before', 'inner', 'after']);
  });

  test('not calling it ends the chain without an error', async () => {
    const made = await once(
      queue(),
      function stops(run) {
        run.conclude({ outcome: 'done', notice: { title: 'enough' } });
      },
      function never() {
        throw new Error('must not run');
      },
    );
    expect(made.said.at(-1)).toBe('enough');
    expect(codes(made)).toEqual([]);
  });

  test('calling it twice is an error that names the step, also when the step swallows it', async () => {
    const made = await once(queue(), async function twice(_run, next) {
      await next();
      await next().catch(() => {});
    });
    expect(codes(made)).toEqual(['NEXT_TWICE']);
    expect(made.said.at(-1)).toContain('twice called next() more than once');
  });

  test('not awaiting it is an error, raised only after what is below has finished', async () => {
    const order: string[] = [];
    const made = await once(
      queue(),
      function floating(_run, next) {
        void next();
      },
      async () => {
        await sleep(20);
        order.push('below finished');
      },
    );
    expect(order).toEqual(['below finished']);
    expect(codes(made)).toEqual(['NEXT_NOT_AWAITED']);
    expect(made.said.at(-1)).toContain('failed | floating: floating finished before its next() did');
  });

  test('a step that throws while its next() still runs fails with its own error, after what is below', async () => {
    const order: string[] = [];
    const made = await once(
      queue(),
      async function hasty(_run, next) {
        void next().catch(() => {});
        throw new Error('mine');
      },
      async () => {
        await sleep(20);
        order.push('below finished');
        throw new Error('theirs');
      },
    );
    expect(order).toEqual(['below finished']);
    expect(made.said.at(-1)).toContain('hasty: mine');
  });
});

describe('slots', () => {
  const sets = (value: string, name = 'sets') =>
    definePlugin({
      name,
      provides: [word],
      setup: () => async (run, next) => {
        run.set(word, value);
        await next();
      },
    })();

  test('cross the queue, and a step sees only what it declared', async () => {
    const seen: unknown[] = [];
    const reads = definePlugin({
      name: 'reads',
      requires: [word],
      setup: () => (run) => void seen.push(run.get(word)),
    });
    const nosy = definePlugin({
      name: 'nosy',
      setup: () => async (run, next) => {
        seen.push((run as unknown as { get(s: typeof word): string }).get(word));
        await next();
      },
    });
    const made = await once(sets('x'), queue(), reads());
    expect(seen).toEqual(['x']);
    expect(made.log.filter((line) => line.level === 'error')).toEqual([]);
    expect(codes(await once(sets('x'), queue(), nosy()))).toEqual(['SLOT_UNDECLARED']);
  });

  test('a value its schema refuses blames the step that set it', async () => {
    const made = await once(sets(7 as unknown as string), queue());
    expect(codes(made)).toEqual(['SLOT_VALUE']);
    expect(made.said).toEqual([expect.stringMatching(/not accepted \| sets set "word" .* Nothing was run\./s)]);
    expect(await Promise.resolve(made.settled)).toEqual(['m']);
  });

  test('are set once', async () => {
    const again = definePlugin({
      name: 'again',
      provides: [slot('other', z.string())],
      setup: () => async (run, next) => {
        (run as unknown as { set(s: typeof word, v: string): void }).set(word, 'y');
        await next();
      },
    });
    expect(codes(await once(queue(), again()))).toEqual(['SLOT_UNDECLARED']);
    const twice = definePlugin({
      name: 'twice',
      provides: [word],
      setup: () => (run) => {
        run.set(word, 'a');
        run.set(word, 'b');
      },
    });
    expect(codes(await once(queue(), twice()))).toEqual(['SLOT_TWICE']);
  });

  test('a codec hands out the decoded value, live as after storage', async () => {
    const when = slot(
      'when',
      z.codec(z.iso.datetime(), z.date(), { decode: (s) => new Date(s), encode: (d) => d.toISOString() }),
    );
    const seen: unknown[] = [];
    const sets = definePlugin({
      name: 'sets',
      provides: [when],
      setup: () => async (run, next) => {
        run.set(when, new Date(5));
        seen.push(run.get(when));
        await next();
      },
    });
    const reads = definePlugin({
      name: 'reads',
      requires: [when],
      setup: () => (run) => void seen.push(run.get(when)),
    });
    await once(sets(), queue(), reads());
    expect(seen).toEqual([new Date(5), new Date(5)]);
  });
});

describe('timeout', () => {
  test('does not count the time inside next()', async () => {
    const around = definePlugin({ name: 'around', setup: () => (_run, next) => next() });
    const made = await once(queue(), around({ timeout: 500 }), () => sleep(700));
    expect(codes(made)).toEqual([]);
  });

  test('aborts the signal; a step that ends on it fails with the timeout', async () => {
    const slow = definePlugin({
      name: 'slow',
      setup: () => async (run) => {
        await sleep(60_000, undefined, { signal: run.signal });
      },
    });
    const made = await once(queue(), slow({ timeout: 20 }));
    expect(codes(made)).toEqual(['STEP_TIMEOUT']);
    expect(made.said.at(-1)).toContain('slow took longer than 20 ms. Raise slow({ timeout })');
  });

  test('a step that ignores the signal is abandoned after its grace, and its run handle is dead', async () => {
    const { promise: wake, resolve } = Promise.withResolvers<void>();
    const outcomes: string[] = [];
    const deaf = definePlugin({
      name: 'deaf',
      provides: [word],
      setup: () => async (run, next) => {
        await wake;
        const uses: Record<string, () => unknown> = {
          set: () => run.set(word, 'x'),
          get: () => run.get(word),
          notify: () => run.notify({ title: 'ghost' }),
          step: () => run.step('s', async () => 1),
          next: () => next(),
          conclude: () => run.conclude({ outcome: 'done', notice: { title: 'ghost' } }),
        };
        for (const [name, use] of Object.entries(uses)) {
          try {
            await use();
            outcomes.push(`${name} WORKED`);
          } catch (error) {
            outcomes.push((error as { code: string }).code);
          }
        }
      },
    });
    const made = await rig([
      queue(),
      deaf({ timeout: 20 }),
      () => {
        outcomes.push('BELOW RAN');
      },
    ]);
    made.send('m');
    await expect.poll(() => codes(made), { timeout: 30_000 }).toEqual(['STEP_TIMEOUT']);
    resolve();
    await expect.poll(() => outcomes.length).toBe(6);
    expect(outcomes).toEqual(Array(6).fill('STEP_OVER'));
    await made.stop();
    expect(made.said.join()).not.toContain('ghost');
  });

  test('steps above queue() have one without asking', async () => {
    const made = await rig([
      async function stuck(run) {
        await sleep(60_000, undefined, { signal: run.signal });
      },
      queue(),
    ]);
    made.send('m');
    await expect.poll(() => made.said.join()).toContain('stuck took longer than 2000 ms');
    expect(made.settled).toEqual(['m']);
    await made.stop();
  });
});

describe('retries', () => {
  test('repeat a failed step: what it set is discarded, what it journaled is kept', async () => {
    let tries = 0;
    let effects = 0;
    const seen: unknown[] = [];
    const flaky = definePlugin({
      name: 'flaky',
      provides: [word],
      setup: () => async (run, next) => {
        run.set(word, `try ${++tries}`);
        await run.step('paid', async () => ++effects);
        if (tries < 3) throw new Error('not yet');
        await next();
      },
    });
    const reads = definePlugin({
      name: 'reads',
      requires: [word],
      setup: () => (run) => void seen.push(run.get(word)),
    });
    const made = await once(queue(), flaky({ retries: 5 }), reads());
    expect({ tries, effects, seen, errors: codes(made) }).toEqual({
      tries: 3,
      effects: 1,
      seen: ['try 3'],
      errors: [],
    });
  });

  test('stop at the limit', async () => {
    let tries = 0;
    const broken = definePlugin({
      name: 'broken',
      setup: () => () => {
        tries++;
        throw new Error('always');
      },
    });
    const made = await once(queue(), broken({ retries: 2 }));
    expect(tries).toBe(3);
    expect(made.said.at(-1)).toContain('broken: always');
  });

  test('never repeat a step that has called next() or begun what may be done once', async () => {
    let after = 0;
    const late = definePlugin({
      name: 'late',
      setup: () => async (_run, next) => {
        after++;
        await next();
        throw new Error('after');
      },
    });
    await once(queue(), late({ retries: 5 }));
    expect(after).toBe(1);
    let starts = 0;
    const careless = definePlugin({
      name: 'careless',
      setup: () => async (run) => {
        await run
          .step(
            'agent',
            async () => {
              starts++;
              throw new Error('boom');
            },
            { atMostOnce: true },
          )
          .catch(() => {});
        throw new Error('another error');
      },
    });
    const made = await once(queue(), careless({ retries: 5 }));
    expect(starts).toBe(1);
    expect(made.said.at(-1)).toContain('another error');
  });
});

test('the lane comes from the slot, or is the default', async () => {
  const lanes: string[] = [];
  const toLane = definePlugin({
    name: 'to-lane',
    provides: [lane],
    setup: () => (run, next) => {
      run.set(lane, 'app');
      return next();
    },
  });
  const note = (run: { lane: string }) => void lanes.push(run.lane);
  await once(toLane(), queue(), note);
  await once(queue(), note);
  expect(lanes).toEqual(['app', 'default']);
});
