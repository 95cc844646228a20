import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Usage } from '../../../src/pipeline/agent.ts';
import { memoryStore } from '../../../src/pipeline/store/memory.ts';
import { addUsage, leftOf, overdrawn, stricter, usedUp } from '../../../src/plugins/execute/budget.ts';
import { execute } from '../../../src/plugins/execute/execute.ts';
import { Ledger } from '../../../src/plugins/execute/ledger.ts';
import { acting, requestOf, resultOf, serving, type Work } from '../../support/acting-agent.ts';
import { MemoryLogger, runStep } from '../../support/fake-run.ts';
import { type GitRepo, gitRepo } from '../../support/git-repo.ts';

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
    const make = () => new Ledger(store, clock, new MemoryLogger());
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
    const ledger = new Ledger(memoryStore(), clock, new MemoryLogger());
    await Promise.all(Array.from({ length: 50 }, () => ledger.add({ turns: 1 })));
    expect((await ledger.left({ turns: 60 })).left).toEqual({ turns: 10 });
  });

  it('goes on with a store that is out, and says so', async () => {
    const logger = new MemoryLogger();
    const store = { recall: async () => null, remember: () => Promise.reject(new Error('disk full')) };
    await new Ledger(store, clock, logger).add({ turns: 1 });
    expect(logger.lines).toEqual(['warn what a run used up was not written down']);
  });

  it('begins anew where what was kept cannot be read', async () => {
    const store = { recall: async () => ({ day: 7 }), remember: async () => {} };
    expect(await new Ledger(store, clock, new MemoryLogger()).left({ turns: 1 })).toEqual({ left: { turns: 1 } });
  });
});

describe('execute', () => {
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
      await runStep(execute(options), run, { ...serving(repo, [agent]), store });
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
    await expect(runStep(execute(), run, { ...serving(repo, [agent]), store })).rejects.toThrow();
    const ledger = new Ledger(store, { now: Date.now }, new MemoryLogger());
    expect((await ledger.left({ tokens: 1_000, turns: 10 })).left).toEqual({ tokens: 300, turns: 8 });
  });

  it.each([{ limits: { cost: 1 } }, { limits: { turns: 0 } }, { dailyLimits: { ms: -1 } }])('refuses %j', (options) => {
    expect(
      execute().plugin.options.safeParse({ dryRun: false, fallback: true, fallbackOnLimit: true, ...options }).success,
    ).toBe(false);
  });
});
