import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Claim, JobStore } from '../../pipeline/store/job-store.ts';
import { inLane, isOpen, Model, waits } from './naive-model.ts';
import { bare, entry, final, LEASE, type OpenStores, request, said, sendAll } from './samples.ts';

/** What happens to the store, one thing after another; numbers pick among what is there. */
const operation = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('accept' as const), message: fc.nat(25), lane: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('hold' as const), message: fc.nat(25) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('resume' as const),
      job: fc.nat(30),
      lane: fc.nat(2),
      as: fc.constantFrom('job', 'hold', 'ending'),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('claim' as const), worker: fc.nat(1) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('checkpoint' as const), claim: fc.nat(30) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('settle' as const), claim: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('release' as const), claim: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('heartbeat' as const), claim: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drop' as const), claim: fc.nat(30) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('cancel' as const), job: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('retry' as const), job: fc.nat(30) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(LEASE / 2, LEASE) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('send' as const) }) },
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** Any order of events leaves lanes in order, stale workers fenced, and one final notice for each finished job. */
export function modelContract(open: OpenStores): void {
  it('behaves like a simple model whatever happens in whatever order', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 10, maxLength: 60, size: 'max' }), async (operations) => {
        const stores = await open();
        try {
          const workers = [await stores.worker(), await stores.worker()];
          const model = new Model();
          const sent: string[] = [];
          for (const op of operations) {
            model.now = stores.clock.now();
            if (op.do === 'advance') stores.clock.advance(op.ms);
            else if (op.do === 'send') sent.push(...(await sendAll(workers[0]!)));
            else await apply(op, model, workers);
          }
          await matches(workers[1]!, model, sent);
        } finally {
          await stores.close();
        }
      }),
      { numRuns: 60 },
    );
  });
}

type Step = Exclude<Operation, { do: 'advance' | 'send' }>;

async function apply(op: Step, model: Model, workers: readonly JobStore[]): Promise<void> {
  switch (op.do) {
    case 'accept': {
      const [id, lane] = [`m${op.message}`, `lane${op.lane}`];
      const known = model.seen.has(id);
      expect(await workers[0]!.accept(request(id, lane))).toBe(known ? 'duplicate' : 'accepted');
      if (!known) model.add(id, lane);
      model.seen.add(id);
      return;
    }
    case 'hold': {
      const id = `m${op.message}`;
      const hold = { id, lane: 'none', slots: {}, key: 'k', question };
      const known = model.seen.has(id);
      expect(await workers[0]!.accept({ ...bare(id), run: id, hold })).toBe(known ? 'duplicate' : 'accepted');
      if (!known) model.add(id, 'none', 'held');
      model.seen.add(id);
      return;
    }
    case 'resume':
      return resume(op, model, workers[1]!);
    case 'claim':
      return claim(op.worker, model, workers);
    case 'cancel':
    case 'retry':
      return command(op, model, workers[0]!);
    default: {
      const given = model.claims[op.claim % (model.claims.length || 1)];
      if (given) await work(op.do, model, workers[given.worker]!, given.claim);
    }
  }
}

const question = { title: 'Q', choices: ['a'], timeout: LEASE, onTimeout: 'a' };

async function resume(op: Extract<Step, { do: 'resume' }>, model: Model, store: JobStore): Promise<void> {
  const job = model.jobs[op.job % (model.jobs.length || 1)];
  if (!job) return;
  const { id } = job;
  const lane = `lane${op.lane}`;
  const common = { run: id, seen: [], effects: [], notices: [] };
  const held = job.state === 'held';
  const earlier = model.jobs.slice(0, model.jobs.indexOf(job));
  const before = model.jobs.filter(
    (other) =>
      other.lane === lane && (other.state === 'active' || (other.state === 'queued' && earlier.includes(other))),
  ).length;
  let told: number | undefined;
  const acknowledge = (ahead: number) => {
    told = ahead;
    return undefined;
  };
  const result =
    op.as === 'job'
      ? await store.resume({ ...common, job: { id, lane, slots: {}, acknowledge } })
      : op.as === 'hold'
        ? await store.resume({ ...common, hold: { id, lane, slots: {}, key: `k${model.count++}`, question } })
        : await store.resume({ ...common, ending: { outcome: 'expired', notice: final.notice } });
  expect(result).toBe(held ? 'resumed' : 'over');
  if (!held) return;
  if (op.as === 'ending') return model.finish(job, 'expired');
  Object.assign(job, { lane }, op.as === 'job' ? { state: 'queued', reached: true } : {});
  if (op.as === 'job') expect(told).toBe(before);
}

async function claim(worker: number, model: Model, workers: readonly JobStore[]): Promise<void> {
  const expected = model.claimable(worker);
  const claimed = await workers[worker]!.claim(LEASE);
  if (expected) {
    if (expected.state === 'active') expected.stalled++;
    expected.attempt++;
    Object.assign(expected, { state: 'active', worker, lease: model.now + LEASE });
  }
  const { job, attempt, stalled, journal } = claimed ?? {};
  expect([job, attempt, stalled, journal?.size]).toEqual(
    expected ? [expected.id, expected.attempt, expected.stalled, expected.journal] : Array(4).fill(undefined),
  );
  if (claimed) model.claims.push({ worker, claim: claimed });
}

async function work(
  what: 'checkpoint' | 'settle' | 'release' | 'heartbeat' | 'drop',
  model: Model,
  store: JobStore,
  given: Claim,
): Promise<void> {
  const job = model.holding(given);
  if (what === 'heartbeat') {
    expect(await store.heartbeat(given, LEASE)).toBe(job ? (job.cancel ? 'cancelled' : 'held') : 'lost');
    if (job) job.lease = model.now + LEASE;
  } else if (what === 'checkpoint') {
    const key = `step${model.count++}`;
    expect(await store.checkpoint(given, entry(key), [said(key, 'progress')])).toBe(job !== undefined);
    if (job) Object.assign(job, { stalled: 0, journal: job.journal + 1 });
  } else if (what === 'settle') {
    expect(await store.settle(given, 'done', [final])).toBe(job !== undefined);
    if (job) model.finish(job, 'done');
  } else if (what === 'drop') {
    store.drop(given);
    if (job) job.worker = undefined;
  } else {
    await store.release(given, []);
    if (job) Object.assign(job, { state: 'queued', lease: 0, worker: undefined });
  }
}

async function command(op: Extract<Step, { do: 'cancel' | 'retry' }>, model: Model, store: JobStore): Promise<void> {
  const job = model.jobs[op.job % (model.jobs.length || 1)];
  if (!job) return;
  let result: unknown;
  const reply = (told: unknown) => {
    result = told;
    return undefined;
  };
  const id = `command${model.count++}`;
  if (op.do === 'cancel') {
    await store.accept(bare(id, { effects: [{ do: 'cancel', job: job.id, final: final.notice, reply }] }));
    expect(result).toBe(waits(job) ? 'cancelled' : job.state === 'active' ? 'requested' : 'finished');
    if (waits(job)) model.finish(job, 'cancelled');
    else if (job.state === 'active') job.cancel = true;
    return;
  }
  const ahead = model.jobs.filter((other) => other.lane === job.lane && inLane(other)).length;
  await store.accept(bare(id, { effects: [{ do: 'retry', job: job.id, as: id, reply }] }));
  expect(result).toEqual(isOpen(job) ? 'open' : job.reached ? { ahead } : 'unqueued');
  if (!isOpen(job) && job.reached) model.add(id, job.lane);
}

async function matches(store: JobStore, model: Model, sent: string[]): Promise<void> {
  const jobs = await store.list();
  const expected = model.jobs.map(({ id, state, attempt }) => ({ id, state, attempt }));
  expect(jobs.map(({ id, state, attempt }) => ({ id, state, attempt }))).toEqual(expected);
  sent.push(...(await sendAll(store)));
  expect(sent.filter((key) => key.endsWith('/final')).sort()).toEqual([...model.finals].sort());
  for (const { run } of sent.map((key) => ({ run: key.split('/')[0]! }))) {
    const last = sent.findLast((key) => key.startsWith(`${run}/`));
    if (model.finals.includes(`${run}/final`)) expect(last).toBe(`${run}/final`);
  }
}
