import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Claim, JobState, JobStore, Outcome } from '../../pipeline/store/job-store.ts';
import { bare, entry, final, LEASE, type OpenStores, request, said, sendAll } from './samples.ts';

/** What happens to the store, one thing after another; numbers pick among what is there. */
const operation = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('accept' as const), message: fc.nat(25), lane: fc.nat(2) }) },
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

interface ModelJob {
  readonly id: string;
  readonly lane: string;
  state: JobState;
  attempt: number;
  stalled: number;
  lease: number;
  worker: number | undefined;
  cancel: boolean;
  journal: number;
}

/** The store as a naive program would have it: one array, first in first out. */
class Model {
  readonly jobs: ModelJob[] = [];
  readonly seen = new Set<string>();
  /** Claims as they were handed out, stale ones too, with the worker that got them. */
  readonly claims: { readonly worker: number; readonly claim: Claim }[] = [];
  readonly finals: string[] = [];
  now = 0;
  count = 0;

  add(id: string, lane: string): void {
    this.jobs.push({
      id,
      lane,
      state: 'queued',
      attempt: 0,
      stalled: 0,
      lease: 0,
      worker: undefined,
      cancel: false,
      journal: 0,
    });
  }

  claimable(worker: number): ModelJob | undefined {
    const heads = new Map<string, ModelJob>();
    for (const job of this.jobs) if (isOpen(job) && !heads.has(job.lane)) heads.set(job.lane, job);
    const free = (job: ModelJob) => job.state === 'queued' || (job.lease <= this.now && job.worker !== worker);
    return this.jobs.find((job) => heads.get(job.lane) === job && free(job));
  }

  holding({ job, attempt }: Claim): ModelJob | undefined {
    return this.jobs.find(({ id, ...found }) => id === job && found.attempt === attempt && found.state === 'active');
  }

  finish(job: ModelJob, outcome: Outcome): void {
    job.state = outcome;
    this.finals.push(`${job.id}/final`);
  }
}

const isOpen = ({ state }: ModelJob) => state === 'queued' || state === 'active';

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

async function command(op: Extract<Step, { job: number }>, model: Model, store: JobStore): Promise<void> {
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
    expect(result).toBe(job.state === 'queued' ? 'cancelled' : job.state === 'active' ? 'requested' : 'finished');
    if (job.state === 'queued') model.finish(job, 'cancelled');
    else if (job.state === 'active') job.cancel = true;
    return;
  }
  const ahead = model.jobs.filter((other) => other.lane === job.lane && isOpen(other)).length;
  await store.accept(bare(id, { effects: [{ do: 'retry', job: job.id, as: id, reply }] }));
  expect(result).toEqual(isOpen(job) ? 'open' : { ahead });
  if (!isOpen(job)) model.add(id, job.lane);
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
