import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { MiltonError } from '../../../src/pipeline/errors.ts';
import { definePlugin, type Run } from '../../../src/pipeline/plugin.ts';
import { lane, queue } from '../../../src/pipeline/queue.ts';
import { memoryStore } from '../../../src/pipeline/store/memory.ts';
import { TransportError } from '../../../src/pipeline/transport.ts';
import { trial } from '../../../src/testing/trial.ts';
import { once, rig } from '../../support/core.ts';

/** The message's text is its lane. */
const byText = definePlugin({
  name: 'by-text',
  provides: [lane],
  setup: () => (run, next) => {
    run.set(lane, run.message.text);
    return next();
  },
});

describe('lanes', () => {
  test('one run at a time and in order in a lane, others beside it, never more than the places', async () => {
    const log: string[] = [];
    const inLane = new Map<string, number>();
    let most = 0;
    let overlaps = 0;
    const { promise: beside, resolve: begun } = Promise.withResolvers<void>();
    const made = await rig(
      [
        byText(),
        queue(),
        async (run) => {
          inLane.set(run.lane, (inLane.get(run.lane) ?? 0) + 1);
          most = Math.max(
            most,
            [...inLane.values()].reduce((a, b) => a + b),
          );
          if (inLane.get(run.lane)! > 1) overlaps++;
          if (run.message.id === 'b1') begun();
          if (run.message.id === 'a1') await beside;
          await sleep(3);
          log.push(run.message.id);
          inLane.set(run.lane, inLane.get(run.lane)! - 1);
          if (run.message.id === 'b1') throw new Error('b1 is broken');
        },
      ],
      { concurrency: 2 },
    );
    for (const [id, text] of ['a1 A', 'a2 A', 'b1 B', 'b2 B', 'c1 C', 'a3 A'].map((x) => x.split(' '))) {
      made.send(id!, text);
    }
    await expect.poll(() => made.settled.length).toBe(6);
    await made.idle();
    made.send('c2', 'C');
    await expect.poll(() => log.includes('c2')).toBe(true);
    await made.idle();
    await made.stop();
    expect(log.filter((id) => id.startsWith('a'))).toEqual(['a1', 'a2', 'a3']);
    expect({ most, overlaps, ran: log.length }).toEqual({ most: 2, overlaps: 0, ran: 7 });
    expect(made.said.filter((line) => /\] (ended|failed)/.test(line))).toHaveLength(7);
  });

  test('the acknowledgement tells the place in the queue', async () => {
    const { promise: hold, resolve } = Promise.withResolvers<void>();
    const made = await rig([byText(), queue(), () => hold]);
    for (const id of ['m1', 'm2', 'm3']) made.send(id, 'A');
    await expect.poll(() => made.said.length).toBe(3);
    expect(made.said.map((line) => line.split('\n').at(-1))).toEqual([
      'It starts now.',
      '1 before it.',
      '2 before it.',
    ]);
    resolve();
    await made.idle();
    await made.stop();
  });
});

test('the acknowledgement names the files that were not read', async () => {
  const t = await trial([queue()]);
  const unread = ['one', 'two', 'three', 'four'].map((name) => ({ name: `${name}.png`, why: 'it is no text' }));
  t.send('CODE: look', { unread: unread.slice(0, 1) });
  t.send('CODE: look', { unread });
  await t.idle();
  await t.stop();
  const said = t.said.filter((line) => line.startsWith('👂'));
  expect(said[0]).toMatch(/ CODE: look\n.*\nNot read: one\.png \(it is no text\)$/);
  expect(said[1]).toMatch(/\nNot read: one\.png \(.*\), two\.png \(.*\), three\.png \(it is no text\) and 1 more$/);
});

test('a duplicate delivery leaves nothing behind', async () => {
  let runs = 0;
  const made = await rig([queue(), () => void runs++]);
  made.send('m');
  made.send('m');
  made.send('m');
  await expect.poll(() => made.settled.length).toBe(3);
  await made.idle();
  made.send('m');
  await expect.poll(() => made.settled.length).toBe(4);
  await made.stop();
  expect(runs).toBe(1);
  expect(made.said.filter((line) => line.includes('got it'))).toHaveLength(1);
});

describe('an error', () => {
  test('in a step above queue() answers the phone, and later messages still work', async () => {
    const made = await rig([
      async function picky(run, next) {
        if (run.message.text === 'bad') throw new MiltonError('PICKY', 'I do not like it.', { hint: 'Say please.' });
        await next();
      },
      queue(),
    ]);
    made.send('m1', 'bad');
    made.send('m2', 'good');
    await expect.poll(() => made.settled).toEqual(['m1', 'm2']);
    await made.idle();
    await made.stop();
    expect(made.said[0]).toBe('❌ not accepted | I do not like it. Say please. Nothing was run.');
    expect(await made.said.join()).toContain('got it');
    expect(made.log.filter((line) => line.level === 'error')).toMatchObject([{ meta: { step: 'picky' } }]);
  });

  test('in a step below is logged once with step and run, and told in one sentence', async () => {
    const made = await once(queue(), async function inner() {
      throw new MiltonError('X', 'The cable is cut.', { hint: 'Mend it.' });
    });
    const errors = made.log.filter((line) => line.level === 'error');
    expect(errors).toMatchObject([
      { message: 'The cable is cut. Mend it.', meta: { step: 'inner', run: expect.stringMatching(/^req_/) } },
    ]);
    expect(made.said.at(-1)).toMatch(/^❌ \[req_\w+\] failed \| inner: The cable is cut\. Mend it\.$/);
  });
});

test('cancel ends a running request whatever its steps catch, and a waiting one at once', async () => {
  let stopped = 0;
  const made = await rig([
    queue(),
    async (_run, next) => {
      await next().catch(() => {});
    },
    async function works(run: Run) {
      try {
        await sleep(60_000, undefined, { signal: run.signal });
      } catch {
        stopped++;
        throw new MiltonError('AGENT_STOPPED', 'Two files are kept.');
      }
    },
  ]);
  made.send('m1');
  made.send('m2');
  await expect.poll(async () => (await made.jobs()).map((job) => job.state)).toEqual(['active', 'queued']);
  const [first, second] = await made.jobs();
  const replies: unknown[] = [];
  for (const job of [second!, first!]) {
    await made.store.accept({
      run: `cancel-${job.id}`,
      message: { id: `cancel-${job.id}`, text: 'CANCEL', transport: 'phone', at: new Date().toISOString() },
      seen: [`cancel-${job.id}`],
      effects: [
        {
          do: 'cancel',
          job: job.id,
          final: { title: `${job.id} cancelled before it began`, kind: 'final' },
          reply: (result) => {
            replies.push(result);
            return undefined;
          },
        },
      ],
      notices: [],
    });
  }
  await made.idle();
  await made.stop();
  expect(replies).toEqual(['cancelled', 'requested']);
  expect((await made.said).filter((line) => line.includes('cancelled')).sort()).toEqual(
    [`${second!.id} cancelled before it began`, `🛑 [${first!.id}] cancelled`].sort(),
  );
  expect(stopped).toBe(1);
});

describe('shutdown', () => {
  test('lets runs end in time and queues the rest again', async () => {
    const store = memoryStore();
    const { promise: done, resolve: end } = Promise.withResolvers<void>();
    const work = (run: Run) => (run.lane === 'quick' ? done : sleep(60_000, undefined, { signal: run.signal }));
    const made = await rig([byText(), queue(), work], { store });
    made.send('m1', 'quick');
    made.send('m2', 'long');
    await expect.poll(async () => (await made.jobs()).filter((job) => job.state === 'active').length).toBe(2);
    const stopped = made.running.stop(1_000);
    end();
    await stopped;
    const states = Object.fromEntries((await store.list()).map((job) => [job.lane, job.state]));
    expect(states).toEqual({ quick: 'done', long: 'queued' });
    expect(made.said.filter((line) => line.includes('ended'))).toHaveLength(1);
    await made.milton.close();
  });

  test('without anything to do is immediate', async () => {
    const made = await rig([queue()]);
    const before = performance.now();
    await made.stop(30_000);
    expect(performance.now() - before).toBeLessThan(4_000);
  });
});

describe('the outbox', () => {
  test('sends no secret and no control character', async () => {
    const made = await once(queue(), function leaks(run) {
      run.conclude({
        outcome: 'done',
        notice: { title: 'the key is hunter2-hunter2\u001b[31m', body: 'ghp_0123456789abcdefghijABCDEFGHIJ\u202e ok' },
      });
    });
    expect(made.said.at(-1)).toBe('the key is [redacted] | [redacted] ok');
  });

  test('retries what may be retried, keeps the order of a run, and lets other runs pass', async () => {
    let refused = 0;
    const made = await rig([byText(), queue()], {
      onSend: (notice) => {
        if (notice.body?.startsWith('A') && refused++ < 2) throw new TransportError('busy', { retryable: true });
      },
    });
    made.send('m1', 'A');
    made.send('m2', 'B');
    await expect.poll(() => made.said.filter((line) => line.includes('ended')).length, { timeout: 30_000 }).toBe(2);
    await made.stop();
    expect(refused).toBe(3);
    expect(made.log.filter((line) => line.level === 'error')).toEqual([]);
    const run = (letter: string) => /req_\w+/.exec(made.said.find((line) => line.includes(`| ${letter}`))!)![0];
    const titles = (id: string) => made.said.filter((line) => line.includes(id)).map((line) => line.split(' ')[0]);
    expect(titles(run('A'))).toEqual(['👂', '⚠️']);
    expect(titles(run('B'))).toEqual(['👂', '⚠️']);
  });

  test('gives up what cannot be sent, unless it is final', async () => {
    const made = await rig([queue()], {
      onSend: (notice) => {
        if (notice.kind === 'reply') throw new TransportError('refused', { retryable: false });
      },
    });
    made.send('m1');
    await made.idle();
    await made.stop();
    expect(made.said).toEqual([expect.stringContaining('ended')]);
  });
});

describe('while the store is out', () => {
  test('nothing is acknowledged or settled; the person is told once; it goes on by itself', async () => {
    const real = memoryStore();
    let out = true;
    const store = new Proxy(real, {
      get(target, key) {
        if (key === 'accept') {
          return async (...args: Parameters<typeof real.accept>) => {
            if (out) throw new MiltonError('STORE_FULL', 'The disk is full.', { hint: 'Free some space.' });
            return real.accept(...args);
          };
        }
        const value = Reflect.get(target, key, target) as unknown;
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const made = await rig([queue()], { store });
    made.send('m1');
    await expect.poll(() => made.said[0]).toContain('cannot store');
    expect(made.settled).toEqual([]);
    out = false;
    await expect.poll(() => made.settled, { timeout: 30_000 }).toEqual(['m1']);
    await made.idle();
    await made.stop();
    expect(made.said.filter((line) => line.includes('cannot store'))).toHaveLength(1);
    expect(made.said.at(-1)).toContain('ended');
  });
});
