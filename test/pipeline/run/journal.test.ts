import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { MiltonError } from '../../../src/pipeline/errors.ts';
import { definePlugin, type Run } from '../../../src/pipeline/plugin.ts';
import { queue } from '../../../src/pipeline/queue.ts';
import { memoryStore } from '../../../src/pipeline/store/memory.ts';
import { once, rig } from '../../support/core.ts';

const codes = (made: { log: readonly { level: string; meta: Record<string, unknown> }[] }) =>
  made.log.filter((line) => line.level === 'error').map((line) => (line.meta.error as { code?: string }).code);

describe('run.step', () => {
  test('returns what a replay would: the JSON round trip', async () => {
    const seen: unknown[] = [];
    await once(queue(), async function x(run) {
      seen.push(await run.step('a', async () => ({ n: Number.NaN, gone: undefined })));
      seen.push(await run.step('b', async () => {}));
    });
    expect(seen).toEqual([{ n: null }, undefined]);
  });

  test('retries when asked to', async () => {
    let tries = 0;
    await once(queue(), async function x(run) {
      await run.step(
        'a',
        async () => {
          if (++tries < 3) throw new Error('not yet');
          return tries;
        },
        { retry: 2 },
      );
    });
    expect(tries).toBe(3);
  });

  test('a name used twice, an unnamed function and a place above queue() are errors', async () => {
    const twice = await once(queue(), async function x(run) {
      await run.step('s', async () => 1);
      await run.step('s', async () => 2);
    });
    expect(codes(twice)).toEqual(['STEP_NAME_TWICE']);
    expect(codes(await once(queue(), async (run) => void (await run.step('s', async () => 1))))).toEqual([
      'STEP_ANONYMOUS',
    ]);
    const above = await once(async function up(run) {
      await run.step('s', async () => 1);
    }, queue());
    expect(codes(above)).toEqual(['ABOVE_QUEUE']);
    const below = await once(queue(), async function down(run) {
      await run.first('k');
    });
    expect(codes(below)).toEqual(['BELOW_QUEUE']);
  });

  test('a caught failure lets a fallback run, and is the same after a restart', async () => {
    const store = memoryStore();
    const starts: string[] = [];
    let block = true;
    const seen: string[] = [];
    const fallback = async function fallback(run: Run) {
      const claude = async () => {
        starts.push('claude');
        throw new MiltonError('LIMIT', 'usage limit', { hint: 'Wait an hour.' });
      };
      try {
        await run.step('claude', claude, { atMostOnce: true });
      } catch (error) {
        seen.push(`${(error as MiltonError).code} ${(error as MiltonError).message} ${(error as MiltonError).hint}`);
      }
      const text = await run.step(
        'codex',
        async () => {
          starts.push('codex');
          return 'codex did it';
        },
        { atMostOnce: true },
      );
      if (block) await sleep(60_000, undefined, { signal: run.signal });
      run.conclude({ outcome: 'done', notice: { title: text } });
    };
    const first = await rig([queue(), fallback], { store });
    first.send('m');
    await expect.poll(() => starts).toEqual(['claude', 'codex']);
    await first.stop(0);
    expect((await store.list())[0]).toMatchObject({ state: 'queued' });
    block = false;
    const second = await rig([queue(), fallback], { store });
    await second.idle();
    await second.stop();
    expect(starts).toEqual(['claude', 'codex']);
    expect(new Set(seen)).toEqual(new Set(['LIMIT usage limit Wait an hour.']));
    expect(second.said.at(-1)).toBe('codex did it');
    await store.close();
  });

  test('work stopped half-way may not begin again: the run is interrupted and the phone is offered a retry', async () => {
    const store = memoryStore();
    let starts = 0;
    const agent = async function agent(run: Run, next: () => Promise<void>) {
      await run.step(
        'work',
        async ({ signal }) => {
          starts++;
          await sleep(60_000, undefined, { signal });
        },
        { atMostOnce: true },
      );
      await next();
    };
    const first = await rig([queue(), agent], { store });
    first.send('m');
    await expect.poll(() => starts).toBe(1);
    await first.stop(0);
    // A step that catches everything cannot save it.
    const swallow = async function swallow(_run: Run, next: () => Promise<void>) {
      await next().catch(() => {});
    };
    const second = await rig([queue(), swallow, agent], { store });
    await second.idle();
    await second.stop();
    expect(starts).toBe(1);
    expect((await store.list())[0]).toMatchObject({ state: 'interrupted' });
    const final = second.notices.at(-1)!;
    expect(final.title).toMatch(/interrupted/);
    expect(final.actions).toEqual([{ label: 'Retry', reply: expect.stringMatching(/^RETRY req_/) }]);
    await store.close();
  });

  test('recover() is given what was noted and decides', async () => {
    const store = memoryStore();
    const noted = vi.fn();
    const agent = (recover: boolean | 'throws', begun = () => {}) =>
      async function agent(run: Run) {
        const text = await run.step(
          'work',
          async ({ signal, note }) => {
            await note({ pid: 7 });
            begun();
            await sleep(60_000, undefined, { signal });
            return 'whole';
          },
          {
            atMostOnce: true,
            recover: async (value) => {
              noted(value);
              if (recover === 'throws') throw new MiltonError('INTERRUPTED', 'Two files are kept on branch x.');
              return 'recovered';
            },
          },
        );
        run.conclude({ outcome: 'done', notice: { title: text } });
      };
    for (const recover of [true, 'throws'] as const) {
      const begun = Promise.withResolvers<void>();
      const first = await rig([queue(), agent(recover, begun.resolve)], { store });
      first.send(`m-${recover}`);
      await begun.promise;
      await first.stop(0);
      const second = await rig([queue(), agent(recover)], { store });
      await second.idle();
      await second.stop();
      expect(noted).toHaveBeenLastCalledWith({ pid: 7 });
      if (recover === true) expect(second.said.at(-1)).toBe('recovered');
      else expect(second.said.at(-1)).toMatch(/interrupted \| Two files are kept on branch x\.\n.*RETRY/s);
    }
    await store.close();
  });

  test('an edited pipeline cannot start begun work under another name', async () => {
    const store = memoryStore();
    const starts: string[] = [];
    const agent = (name: string, block: boolean) =>
      definePlugin({
        name,
        setup: () => async (run) => {
          await run.step(
            'work',
            async ({ signal }) => {
              starts.push(name);
              if (block) await sleep(60_000, undefined, { signal });
            },
            { atMostOnce: true },
          );
        },
      })();
    const first = await rig([queue(), agent('execute', true)], { store });
    first.send('m');
    await expect.poll(() => starts).toEqual(['execute']);
    await first.stop(0);
    const second = await rig([queue(), agent('renamed', false)], { store });
    await second.idle();
    await second.stop();
    expect(starts).toEqual(['execute']);
    expect(second.said.at(-1)).toMatch(/interrupted \| The pipeline was changed/);
    await store.close();
  });

  test('a job that is taken up again and again without a new checkpoint is given up', async () => {
    const store = memoryStore();
    let starts = 0;
    await store.accept({
      run: 'req_aaaaaa',
      message: { id: 'm', text: 'x', transport: 'phone', at: new Date().toISOString() },
      seen: ['m'],
      job: { id: 'req_aaaaaa', lane: 'l', slots: {}, acknowledge: () => undefined },
      effects: [],
      notices: [],
    });
    // A lease that ends at once stands for a daemon that died with the job in its hands.
    for (let life = 0; life < 5; life++) store.drop((await store.claim(-1))!);
    const made = await rig([queue(), () => void starts++], { store });
    await made.idle();
    await made.stop();
    expect(starts).toBe(0);
    expect(made.said.at(-1)).toMatch(/given up/);
    await store.close();
  });
});
