import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Usage } from '../../../src/pipeline/agent.ts';
import { memoryStore } from '../../../src/pipeline/store/memory.ts';
import { execute } from '../../../src/plugins/execute/execute.ts';
import { addUsage, countable, leftOf, overdrawn, stricter, usedUp } from '../../../src/plugins/usage/amounts.ts';
import { Ledger } from '../../../src/plugins/usage/ledger.ts';
import { acting, requestOf, resultOf, serving, type Work } from '../../support/acting-agent.ts';
import { MemoryLogger, runStep } from '../../support/fake-run.ts';
import { type GitRepo, gitRepo } from '../../support/git-repo.ts';
import fc from '../../support/property.ts';

const DAY = 86_400_000;

describe('amounts', () => {
  const usage: fc.Arbitrary<Usage> = fc.record(
    { turns: fc.nat(), tokens: fc.nat(), costUsd: fc.nat(), ms: fc.nat() },
    { requiredKeys: [] },
  );

  it('are added, taken off and compared kind by kind', () => {
    expect(addUsage({ turns: 1, tokens: 5 }, { turns: 2, ms: 3 })).toEqual({ turns: 3, tokens: 5, ms: 3 });
    expect(leftOf({ turns: 5, costUsd: 1 }, { turns: 7, tokens: 3 })).toEqual({ turns: 0, costUsd: 1 });
    expect(stricter({ turns: 5, tokens: 9 }, { turns: 4, ms: 1 })).toEqual({ turns: 4, tokens: 9, ms: 1 });
    expect([usedUp({ turns: 0, tokens: 1 }), usedUp({ tokens: 1 }), usedUp({})]).toEqual([
      'turns',
      undefined,
      undefined,
    ]);
  });

  it('can be counted with, whatever was told', () => {
    const odd = { turns: -3, tokens: 1e308, costUsd: Number.NaN, ms: Number.POSITIVE_INFINITY };
    expect(countable(odd)).toEqual({ turns: 0, tokens: 1e15, ms: 1e15 });
    expect(countable({ turns: null, tokens: '7', costUsd: 0.5 } as never)).toEqual({ costUsd: 0.5 });
  });

  it.each([
    [{ turns: 3 }, { turns: 3 }, undefined],
    [{ turns: 4 }, { turns: 3 }, '4 turns are more than its limit of 3 turns'],
    [{ tokens: 12_345 }, { tokens: 10_000 }, '12,345 tokens are more than its limit of 10,000 tokens'],
    [{ costUsd: 0.5 }, { costUsd: 0.25 }, '$0.50 are more than its limit of $0.25'],
    [{ costUsd: 5 }, { turns: 1 }, undefined],
    [{ costUsd: 5 }, undefined, undefined],
  ])('%j of %j: %s', (used, limits, words) => expect(overdrawn(used, limits)).toBe(words));

  it('are overdrawn exactly where more is used than what is left allows', () => {
    fc.assert(
      fc.property(usage, usage, usage, (limits, before, now) => {
        const beyond = overdrawn(now, leftOf(limits, before)) !== undefined;
        const kinds = ['turns', 'tokens', 'costUsd', 'ms'] as const;
        const expected = kinds.some(
          (kind) =>
            limits[kind] !== undefined &&
            now[kind] !== undefined &&
            now[kind] > Math.max(0, limits[kind] - (before[kind] ?? 0)),
        );
        expect(beyond).toBe(expected);
      }),
    );
  });
});

describe('the ledger', () => {
  let now: number;
  const clock = { now: () => now };
  beforeEach(() => {
    now = new Date(2026, 10, 26, 12).getTime();
  });

  it('counts through restarts, and anew each day', async () => {
    const store = memoryStore();
    const make = () => new Ledger('execute', store, { clock, logger: new MemoryLogger() });
    await make().add({ costUsd: 1, turns: 2 });
    await make().add({ costUsd: 2, tokens: 5 });
    expect(await make().left({ costUsd: 10, tokens: 5 })).toEqual({
      left: { costUsd: 7, tokens: 0 },
      problem:
        "Today's budget is used up: 5 tokens of 5 tokens. Send it again tomorrow, or raise dailyLimits of execute().",
    });
    now += DAY;
    expect(await make().left({ costUsd: 10, tokens: 5 })).toEqual({ left: { costUsd: 10, tokens: 5 } });
  });

  it('loses no entry of runs that end together', async () => {
    const ledger = new Ledger('execute', memoryStore(), { clock, logger: new MemoryLogger() });
    await Promise.all(Array.from({ length: 50 }, () => ledger.add({ turns: 1 })));
    expect((await ledger.left({ turns: 60 })).left).toEqual({ turns: 10 });
  });

  it('goes on with a store that is out, and says so', async () => {
    const logger = new MemoryLogger();
    const store = { recall: async () => null, remember: () => Promise.reject(new Error('disk full')) };
    await new Ledger('execute', store, { clock, logger }).add({ turns: 1 });
    expect(logger.lines).toEqual(['warn what a run used up was not written down']);
  });

  const over = (kept: unknown, logger = new MemoryLogger()) =>
    new Ledger('execute', { recall: async () => kept as never, remember: async () => {} }, { clock, logger });

  it('begins anew where what was kept cannot be read at all, and says so', async () => {
    const logger = new MemoryLogger();
    expect(await over({ day: 7 }, logger).left({ turns: 1 })).toEqual({ left: { turns: 1 } });
    expect(logger.lines).toEqual(['warn what was used up today cannot be read whole, and counts as far as it can']);
  });

  it('counts what can be read of what was kept', async () => {
    const logger = new MemoryLogger();
    const kept = { day: '2026-11-26', used: { turns: 3, tokens: null, costUsd: -1 }, runs: 'none' };
    expect((await over(kept, logger).left({ turns: 5, tokens: 9, costUsd: 2 })).left).toEqual({
      ...{ turns: 2, tokens: 9, costUsd: 2 },
    });
    expect(logger.lines).toHaveLength(1);
  });

  it('reads what an older Milton kept', async () => {
    const logger = new MemoryLogger();
    const kept = { day: '2026-11-26', used: { turns: 3 } };
    expect((await over(kept, logger).left({ turns: 5 })).left).toEqual({ turns: 2 });
    expect(logger.lines).toEqual([]);
  });

  it.each([
    ['too large to add up', { tokens: 1e308 }],
    ['without end', { tokens: Number.POSITIVE_INFINITY }],
    ['below nothing', { tokens: -1e9 }],
    ['that is none', { tokens: Number.NaN }],
  ])('keeps the limit of the day where a run tells a number %s', async (_, odd) => {
    const store = memoryStore();
    const ledger = new Ledger('execute', store, { clock, logger: new MemoryLogger() });
    await ledger.add({ costUsd: 5, tokens: 5 });
    await ledger.add(odd);
    await ledger.add(odd);
    const { left } = await ledger.left({ costUsd: 6, tokens: 10 });
    expect(left.costUsd).toBe(1);
    expect(left.tokens).toBeLessThanOrEqual(5);
    expect((await ledger.left({ costUsd: 5 })).problem).toMatch(/^Today's budget is used up/);
  });

  it('counts a run once that tells again what it has used', async () => {
    const ledger = new Ledger('execute', memoryStore(), { clock, logger: new MemoryLogger() });
    const left = async () => (await ledger.left({ turns: 100, costUsd: 100, ms: 100_000 })).left;
    await ledger.add({ turns: 4, ms: 9_000 }, 'req_a');
    await ledger.add({ turns: 1 }, 'req_b');
    // After a restart: less time, since Milton's own is not in it, and a cost that only the end tells.
    await ledger.add({ turns: 6, costUsd: 2, ms: 8_000 }, 'req_a');
    expect(await left()).toEqual({ turns: 93, costUsd: 98, ms: 91_000 });
    now += DAY;
    await ledger.add({ turns: 7, costUsd: 2, ms: 8_000 }, 'req_a');
    expect(await left()).toEqual({ turns: 99, costUsd: 100, ms: 100_000 });
  });

  it('keeps no more runs by name than it needs', async () => {
    const store = memoryStore();
    const ledger = new Ledger('execute', store, { clock, logger: new MemoryLogger() });
    for (let n = 0; n < 250; n++) await ledger.add({ turns: 1 }, `req_${n}`);
    await ledger.add({ turns: 1 }, 'req_249');
    expect((await ledger.left({ turns: 251 })).left).toEqual({ turns: 1 });
    expect(((await store.recall('agents:usage')) as { runs: unknown[] }).runs).toHaveLength(200);
  });
});

describe('execute', () => {
  /** No day ends meanwhile. */
  const clock = { now: () => new Date(2026, 10, 26, 12).getTime() };
  let repo: GitRepo;
  beforeEach(() => {
    repo = gitRepo();
  });
  afterEach(() => repo[Symbol.dispose]());

  it('gives an agent what the run may use, and what the day has left', async () => {
    const store = memoryStore();
    const given: (Usage | undefined)[] = [];
    const options = { limits: { costUsd: 2, turns: 9 }, dailyLimits: { costUsd: 3, ms: 1_000_000 } };
    const perform = async (work: Work) => {
      const run = requestOf();
      const agent = acting((task, context) => {
        given.push(task.limits);
        return work(task, context);
      });
      await runStep(execute(options), run, { ...serving(repo, [agent]), store, clock });
      return resultOf(run);
    };
    await perform(() => ({ costUsd: 1.5, durationMs: 1_000 }));
    await perform(() => ({ costUsd: 1.5, durationMs: 1_000 }));
    expect(given).toEqual([
      { costUsd: 2, turns: 9, ms: 1_000_000 },
      { costUsd: 1.5, turns: 9, ms: 999_000 },
    ]);
    expect(await perform(() => expect.unreachable())).toMatchObject({
      status: 'failed',
      cause: 'budget',
      reason: expect.stringMatching(/^Today's budget is used up: \$3\.00 of \$3\.00\. /),
    });
  });

  it('counts what a run has used that was stopped', async () => {
    const store = memoryStore();
    const run = requestOf();
    const agent = acting((_, { used }) => {
      used({ tokens: 70, turns: 1 });
      used({ tokens: 700, turns: 2 });
      throw new Error('stopped');
    });
    await expect(runStep(execute(), run, { ...serving(repo, [agent]), store, clock })).rejects.toThrow();
    const ledger = new Ledger('execute', store, { clock, logger: new MemoryLogger() });
    expect((await ledger.left({ tokens: 1_000, turns: 10 })).left).toEqual({ tokens: 300, turns: 8 });
  });

  it.each([{ limits: { cost: 1 } }, { limits: { turns: 0 } }, { dailyLimits: { ms: -1 } }])('refuses %j', (options) => {
    expect(
      execute().plugin.options.safeParse({ dryRun: false, fallback: true, fallbackOnLimit: true, ...options }).success,
    ).toBe(false);
  });
});
