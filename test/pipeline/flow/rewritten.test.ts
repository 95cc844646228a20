import { describe, expect, test } from 'vitest';
import type { InlineHandler } from '../../../src/pipeline/plugin.ts';
import { definePlugin } from '../../../src/pipeline/plugin.ts';
import { queue } from '../../../src/pipeline/queue.ts';
import { trial } from '../../../src/testing/trial.ts';

/** Takes a mark off the end of a message, and keeps those without one out. */
const guard = definePlugin({
  name: 'guard',
  where: 'intake',
  setup: () => async (run, next) => {
    const { text } = run.message;
    if (!text.endsWith('#')) return run.ignore();
    if (!run.marked(`seal:${text}`) && !(await run.first(`seal:${text}`))) return run.ignore();
    run.rewrite(text.slice(0, -1));
    await next();
  },
});

const ask = definePlugin({
  name: 'ask',
  where: 'intake',
  setup: () => async (run, next) => {
    const question = { title: run.message.text, choices: ['Run', 'Skip'], timeout: 60_000, onTimeout: 'Skip' };
    if ((await run.ask('run', question)).choice === 'Run') return next();
    run.conclude({ outcome: 'cancelled', notice: { title: 'skipped' } });
  },
});

const work: InlineHandler = async function work(run) {
  run.conclude({ outcome: 'done', notice: { title: `did ${run.message.text}` } });
};

describe('run.rewrite', () => {
  test('gives the steps below and the store another text', async () => {
    const t = await trial([guard(), queue(), work]);
    t.send('hello#');
    await t.idle();
    expect(t.said).toContain('did hello');
    expect((await t.jobs())[0]!.message.text).toBe('hello');
    await t.stop();
  });

  test('begins anew from what came where the run was held, and its own mark does not stand in its way', async () => {
    const t = await trial([guard(), ask(), queue(), work]);
    t.send('hello#');
    expect(await t.answer('Run')).toBe('accepted');
    await t.idle();
    expect(t.said).toContain('did hello');
    expect((await t.jobs())[0]!.message.text).toBe('hello');
    t.send('hello#');
    await t.idle();
    expect(await t.jobs()).toHaveLength(1);
    await t.stop();
  });

  test('is taken back with a failed try of the step', async () => {
    let tries = 0;
    const flaky = definePlugin({
      name: 'flaky',
      where: 'intake',
      setup: () => async (run, next) => {
        run.rewrite(`${run.message.text}!`);
        if (++tries === 1) throw new Error('once');
        await next();
      },
    });
    const t = await trial([flaky({ retries: 1 }), queue(), work]);
    t.send('hello');
    await t.idle();
    expect(t.said).toContain('did hello!');
    await t.stop();
  });
});

describe('run.ignore', () => {
  test('leaves nothing behind, and the message is settled', async () => {
    const t = await trial([guard(), queue(), work]);
    const id = t.send('hello');
    await t.idle();
    expect(t.settled).toEqual([id]);
    expect([await t.jobs(), t.notices, await t.store.seen(id)]).toEqual([[], [], false]);
    await t.stop();
  });

  test('counts for nothing where the step fails afterwards', async () => {
    const failing: InlineHandler = function failing(run) {
      run.ignore();
      throw new Error('broken');
    };
    const t = await trial([failing, queue(), work]);
    t.send('hello');
    await t.idle();
    expect(t.said).toEqual([expect.stringContaining('broken')]);
    await t.stop();
  });

  test.each(['rewrite', 'ignore', 'marked'] as const)('run.%s belongs above queue()', async (method) => {
    const below: InlineHandler = async function below(run) {
      run[method]('x');
    };
    const t = await trial([queue(), below]);
    t.send('hello');
    await t.idle();
    expect(t.said.join()).toContain(`uses run.${method}()`);
    await t.stop();
  });
});
