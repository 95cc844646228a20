import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MiltonError } from '../../../src/pipeline/errors.ts';
import type { Json } from '../../../src/pipeline/json.ts';
import type { PipelineEntry, Run } from '../../../src/pipeline/plugin.ts';
import { queue } from '../../../src/pipeline/queue.ts';
import { Leftovers } from '../../../src/pipeline/services.ts';
import type { JobStore } from '../../../src/pipeline/store/job-store.ts';
import { memoryStore } from '../../../src/pipeline/store/memory.ts';
import { bind } from '../../../src/pipeline/token.ts';
import { type Rig, rig } from '../../support/core.ts';

const ID = 'req_aaaaaa';

describe('what an earlier life has left running', () => {
  let store: JobStore;
  /** What happened, in its order. */
  let log: string[];
  let end: (run: string, notes: readonly Json[]) => Promise<void>;

  beforeEach(async () => {
    store = memoryStore();
    log = [];
    end = async (run, notes) => void log.push(`end ${run} ${JSON.stringify(notes)}`);
    const message = { id: 'm', text: 'x', transport: 'phone', at: new Date().toISOString() };
    const job = { id: ID, lane: 'l', slots: {}, acknowledge: () => undefined };
    await store.accept({ run: ID, message, seen: ['m'], job, effects: [], notices: [] });
  });
  afterEach(() => store.close());

  /** A daemon that died with the job in its hands: a lease that ends at once. */
  async function die({ begun = false } = {}) {
    const claim = (await store.claim(-1))!;
    const entry = { key: 'agent/work', atMostOnce: true, state: 'begun', value: null, note: '{"pid":7}' } as const;
    if (begun) await store.checkpoint(claim, entry, []);
    store.drop(claim);
  }
  async function cancel() {
    const message = { id: 'c', text: 'CANCEL', transport: 'phone', at: new Date().toISOString() };
    const effect = { do: 'cancel', job: ID, final: { title: '', kind: 'final' }, reply: () => undefined } as const;
    await store.accept({ run: 'req_cccccc', message, seen: ['c'], effects: [effect], notices: [] });
  }
  async function live(...steps: readonly PipelineEntry[]): Promise<Rig> {
    const services = [bind(Leftovers, () => ({ end: (run, notes) => end(run, notes) }))];
    const made = await rig([queue(), ...steps], { store, services });
    await made.idle();
    await made.stop();
    return made;
  }
  const state = async () => (await store.get(ID))!.state;

  const agent = async function agent(run: Run, next: () => Promise<void>) {
    await run.step('work', async () => void log.push('work'), {
      atMostOnce: true,
      recover: async () => void log.push('recover'),
    });
    await next();
  };
  const report = (run: Run) => {
    log.push('report');
    run.conclude({ outcome: 'done', notice: { title: 'reported' } });
  };

  test('is not looked for where there was no earlier life', async () => {
    await live(agent, report);
    expect(log).toEqual(['work', 'report']);
  });

  test('is ended before the steps run again', async () => {
    await die();
    await live(agent, report);
    expect(log).toEqual([`end ${ID} []`, 'work', 'report']);
  });

  test('is left to the step that had begun, which may find a result, and ended after it', async () => {
    await die({ begun: true });
    await live(agent, report);
    expect(log).toEqual(['recover', 'report', `end ${ID} [{"pid":7}]`]);
    expect(await state()).toBe('done');
  });

  test('changes nothing about how the request ended, when it is cancelled while that is ended', async () => {
    await die({ begun: true });
    const ended = end;
    end = async (run, notes) => {
      await cancel();
      await ended(run, notes);
    };
    const made = await live(agent, report);
    expect(log).toEqual(['recover', 'report', `end ${ID} [{"pid":7}]`]);
    expect(await state()).toBe('done');
    expect(made.said.at(-1)).toMatch(/reported/);
  });

  test('is ended when the request was cancelled while Milton was down', async () => {
    await die();
    await cancel();
    await live(agent, report);
    expect(log).toEqual([`end ${ID} []`]);
    expect(await state()).toBe('cancelled');
  });

  test('is ended when the request is given up', async () => {
    await die({ begun: true });
    for (let life = 0; life < 4; life++) await die();
    const made = await live(agent, report);
    expect(log).toEqual([`end ${ID} [{"pid":7}]`]);
    expect(made.said.at(-1)).toMatch(/given up/);
  });

  test('that it cannot be ended holds nothing up', async () => {
    end = () => Promise.reject(new Error('no ps here'));
    await die();
    const made = await live(agent, report);
    expect(log).toEqual(['work', 'report']);
    expect(made.log).toContainEqual(
      expect.objectContaining({ level: 'error', message: expect.stringMatching(/no ps/) }),
    );
  });

  describe('where the edited pipeline leads past what had begun', () => {
    const gone =
      /interrupted \| The pipeline was changed while this request ran: "agent\/work" had begun and is gone\./;

    test('the request is interrupted, whatever its steps conclude', async () => {
      await die({ begun: true });
      const made = await live(report);
      expect(log).toEqual(['report', `end ${ID} [{"pid":7}]`]);
      expect(await state()).toBe('interrupted');
      expect(made.said.at(-1)).toMatch(gone);
    });

    test('it is interrupted where a step fails before, and the reason is told', async () => {
      await die({ begun: true });
      const made = await live(() => {
        throw new MiltonError('NOT_CONFIGURED', 'There is no agent "robot" any more.');
      });
      expect(log).toEqual([`end ${ID} [{"pid":7}]`]);
      expect(await state()).toBe('interrupted');
      expect(made.said.at(-1)).toMatch(gone);
      expect(made.said.at(-1)).toContain('There is no agent "robot" any more.');
    });

    test('it is cancelled where the person wanted that', async () => {
      await die({ begun: true });
      await cancel();
      await live(() => {
        throw new Error('broken');
      });
      expect(log).toEqual([`end ${ID} [{"pid":7}]`]);
      expect(await state()).toBe('cancelled');
    });

    test('a shutdown meanwhile leaves it to the next life', async () => {
      await die({ begun: true });
      const started = Promise.withResolvers<void>();
      const services = [bind(Leftovers, () => ({ end }))];
      const made = await rig(
        [
          queue(),
          async function slow({ signal }: Run) {
            started.resolve();
            await sleep(60_000, undefined, { signal });
          },
        ],
        { store, services },
      );
      await started.promise;
      await made.stop(0);
      expect(await state()).toBe('queued');
      expect(log).toEqual([]);
    });
  });
});
