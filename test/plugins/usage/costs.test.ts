import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Json } from '../../../src/pipeline/json.ts';
import type { JobStore } from '../../../src/pipeline/store/job-store.ts';
import { Database } from '../../../src/pipeline/store/sqlite/database.ts';
import { migrate } from '../../../src/pipeline/store/sqlite/schema.ts';
import { SqliteStore } from '../../../src/pipeline/store/sqlite/sqlite-store.ts';
import { costsSince } from '../../../src/plugins/usage/costs.ts';
import { Ledger } from '../../../src/plugins/usage/ledger.ts';
import { final, request } from '../../../src/testing/job-store/samples.ts';
import { MemoryLogger } from '../../support/fake-run.ts';

const [MONDAY, TUESDAY] = [new Date(2026, 10, 23, 12).valueOf(), new Date(2026, 10, 24, 12).valueOf()];
let now: number;
let store: JobStore;
beforeEach(() => {
  now = MONDAY;
  const db = new Database(':memory:');
  migrate(db);
  store = new SqliteStore(db, { now: () => now });
});
afterEach(() => store.close());

interface Ran {
  readonly repository?: string;
  readonly result?: Json;
  readonly brief?: Json;
}

async function ran(id: string, { repository = 'app', result, brief }: Ran = {}): Promise<void> {
  const verdict = { kind: 'CODE', text: id, repository, agent: 'claude' };
  await store.accept(request(id, repository, { job: { ...request(id).job!, lane: repository, slots: { verdict } } }));
  const results = { ...(result ? { result } : {}), ...(brief ? { brief } : {}) };
  await store.settle((await store.claim(60_000))!, result ? 'done' : 'cancelled', [final], results);
}

const result = (more: object) => ({ agent: 'A', status: 'succeeded', text: '', durationMs: 1, denials: [], ...more });
const brief = (more: object) => ({ by: 'sonar', text: '', sources: [], ...more });

it('adds up by day, repository and agent: the newest day first, and the dearest first', async () => {
  await ran('m1', { result: result({ costUsd: 0.5, tokens: 100 }) });
  now = TUESDAY;
  await ran('m2', { result: result({ costUsd: 0.25, tokens: 50 }), brief: brief({ costUsd: 0.01, tokens: 5 }) });
  await ran('m3', { result: result({ tokens: 7 }) });
  await ran('m4', { repository: 'api', result: result({ costUsd: 2, goOn: { agent: 'codex', folder: '/x' } }) });
  expect(await costsSince(store, 0)).toEqual([
    { day: '2026-11-24', repository: 'api', agent: 'codex', runs: 1, costUsd: 2 },
    { day: '2026-11-24', repository: 'app', agent: 'claude', runs: 2, costUsd: 0.26, tokens: 62, researchUsd: 0.01 },
    { day: '2026-11-23', repository: 'app', agent: 'claude', runs: 1, costUsd: 0.5, tokens: 100 },
  ]);
  expect((await costsSince(store, TUESDAY)).map(({ day }) => day)).toEqual(['2026-11-24', '2026-11-24']);
});

it('what the web has answered is counted once, for who has answered', async () => {
  const spent = { costUsd: 0.02, tokens: 10 };
  await ran('m1', { result: result({ agent: 'sonar', ...spent }), brief: brief({ ...spent, answers: true }) });
  expect(await costsSince(store, 0)).toEqual([
    { day: '2026-11-23', repository: 'app', agent: 'sonar', runs: 1, costUsd: 0.02, tokens: 10, researchUsd: 0.02 },
  ]);
});

it('what was stopped counts as far as the ledger knows it, with its second agent', async () => {
  const ledger = new Ledger('execute', store, { clock: { now: () => now }, logger: new MemoryLogger() });
  await ledger.add({ costUsd: 1, tokens: 10 }, 'm1');
  await ledger.add({ tokens: 5 }, 'm1-codex');
  await ledger.add({ costUsd: 9 }, 'm11');
  await ran('m1');
  expect(await costsSince(store, 0)).toEqual([
    { day: '2026-11-23', repository: 'app', agent: 'claude', runs: 1, costUsd: 1, tokens: 15 },
  ]);
});

it('what waits has cost nothing', async () => {
  await store.accept(request('m1'));
  expect(await costsSince(store, 0)).toEqual([]);
});
