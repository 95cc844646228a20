import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { definePlugin, queue, slot } from '../src/index.ts';
import { given, memoryStore, trial } from '../src/testing.ts';

const word = slot('word', z.string());
const shout = definePlugin({
  name: 'shout',
  requires: [word],
  setup: () => async (run, next) => {
    const loud = await run.step('loud', async () => run.get(word).toUpperCase());
    run.notify({ title: loud, kind: 'milestone' });
    await next();
  },
});

describe('a trial', () => {
  test('runs a plugin on the real core', async () => {
    const t = await trial([given(word, 'hello'), queue(), shout()]);
    t.send('anything');
    await t.idle();
    await t.stop();
    expect(t.said).toEqual([expect.stringContaining('got it'), 'HELLO', expect.stringContaining('ended')]);
    expect(await t.log.filter((line) => line.level === 'error')).toEqual([]);
  });

  test('plays a restart with a store of one’s own', async () => {
    const store = memoryStore();
    let calls = 0;
    const blocks = { now: true };
    const plugin = definePlugin({
      name: 'once',
      setup: () => async (run) => {
        await run.step('paid', async () => ++calls);
        if (blocks.now) await new Promise((_, no) => run.signal.addEventListener('abort', () => no(run.signal.reason)));
      },
    });
    const first = await trial([queue(), plugin()], { store });
    first.send('x');
    await expect.poll(() => calls).toBe(1);
    await first.stop(0);
    blocks.now = false;
    const second = await trial([queue(), plugin()], { store });
    await second.idle();
    await second.stop();
    expect(calls).toBe(1);
    expect(await store.list()).toMatchObject([{ state: 'done' }]);
    await store.close();
  });

  test('says what it waits for when it never comes to rest', async () => {
    const t = await trial([queue(), (run) => new Promise((_, no) => run.signal.addEventListener('abort', () => no()))]);
    t.send('x');
    await expect(t.idle(50)).rejects.toThrow(/Not idle after 50 ms/);
    await t.stop(0);
  });
});
