import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { openStore } from '../../../src/pipeline/store/sqlite.ts';

const daemon = resolve(import.meta.dirname, '../../support/kill/daemon.ts');

/** What is killed never writes it; the first life, which is not, makes every other one quicker. */
const cache = mkdtempSync(join(tmpdir(), 'milton-cache-'));
afterAll(() => rmSync(cache, { recursive: true }));

/** One life of the daemon; resolves with the signal or code that ended it. */
async function life(folder: string, mode: string, killAt?: string): Promise<string> {
  const env = { PATH: process.env.PATH, NODE_COMPILE_CACHE: cache, ...(killAt ? { KILL_AT: killAt } : {}) };
  const child = spawn(process.execPath, ['--no-warnings', daemon, folder, mode], {
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return signal ?? String(code);
}

const lines = (folder: string, file: string) =>
  existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8').trim().split('\n') : [];

/** What an outside observer finds in the folder after the daemon's lives. */
async function findings(folder: string) {
  const store = openStore(join(folder, 'milton.db'), { mode: 'observe' });
  const jobs = await store.list();
  await store.close();
  const sent = lines(folder, 'notices').map((line) => JSON.parse(line) as { run: string; key: string; title: string });
  return {
    states: jobs.map((job) => job.state),
    finals: jobs.map((job) => job.notices.filter((notice) => notice.key === 'final').length),
    unsent: jobs.flatMap((job) => job.notices.filter((notice) => !notice.sent)).length,
    agents: lines(folder, 'effects').filter((line) => line.startsWith('agent')),
    acknowledged: new Set(sent.filter((notice) => notice.title.startsWith('👂')).map((notice) => notice.run)).size,
    told: new Set(sent.filter((notice) => notice.key === 'final').map((notice) => notice.run)).size,
    settled: new Set(lines(folder, 'settled')).size,
    log: lines(folder, 'log'),
  };
}

async function scenario(messages: number, lives: readonly (readonly [mode: string, killAt?: string])[]) {
  const folder = mkdtempSync(join(tmpdir(), 'milton-kill-'));
  try {
    const inbox = Array.from({ length: messages }, (_, i) => ({
      id: `m${i}`,
      text: 'x',
      transport: 'phone',
      at: new Date(0).toISOString(),
    }));
    writeFileSync(join(folder, 'inbox.json'), JSON.stringify(inbox));
    const ends: string[] = [];
    for (const [mode, killAt] of lives) ends.push(await life(folder, mode, killAt));
    return { ends, ...(await findings(folder)) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Every place between two steps of the way from a message to its final notice, and how the request must then end. */
const points: readonly (readonly [point: string, state: 'done' | 'interrupted', agents: 0 | 1])[] = [
  ['before accept', 'done', 1],
  ['after accept', 'done', 1],
  ['before send accepted', 'done', 1],
  ['after send accepted', 'done', 1],
  ['after mark accepted', 'done', 1],
  ['before checkpoint research/fetch done', 'done', 1],
  ['after checkpoint research/fetch done', 'done', 1],
  ['before checkpoint execute/agent begun', 'done', 1],
  ['after checkpoint execute/agent begun', 'interrupted', 0],
  ['inside agent, before its effect', 'interrupted', 0],
  ['inside agent, after its effect', 'interrupted', 1],
  ['before checkpoint execute/agent done', 'interrupted', 1],
  ['after checkpoint execute/agent done', 'done', 1],
  ['before settle', 'done', 1],
  ['after settle', 'done', 1],
  ['before send final', 'done', 1],
  ['after send final', 'done', 1],
  ['after mark final', 'done', 1],
];

/** The same around a question above queue(): how the phone answers, where Milton dies, and how the request must then end. */
const heldPoints: readonly (readonly [mode: string, point: string, state: 'done' | 'cancelled' | 'expired'])[] = [
  ...['before hold', 'after hold', 'before send ask', 'after send ask', 'after mark ask'].map(
    (point) => ['yes', point, 'done'] as const,
  ),
  ...['before answer', 'after answer', 'before resume', 'after resume', 'after mark accepted'].map(
    (point) => ['yes', point, 'done'] as const,
  ),
  ...['after answer', 'before resume', 'after resume', 'before send final', 'after mark final'].map(
    (point) => ['no', point, 'cancelled'] as const,
  ),
  ...['after hold', 'before expire', 'after expire', 'before resume', 'after resume'].map(
    (point) => ['expire', point, 'expired'] as const,
  ),
];

describe('killed and started again, a request has one end, one final notice, and its agent started at most once', () => {
  test('without a kill', async () => {
    const found = await scenario(1, [['plain']]);
    expect(found).toEqual({
      ends: ['0'],
      states: ['done'],
      finals: [1],
      unsent: 0,
      agents: ['agent m0'],
      acknowledged: 1,
      told: 1,
      settled: 1,
      log: [],
    });
  });

  test.concurrent.each(points)('%s → %s', async (point, state, agents) => {
    const found = await scenario(1, [['plain', point], ['plain']]);
    expect(found).toEqual({
      ends: ['SIGKILL', '0'],
      states: [state],
      finals: [1],
      unsent: 0,
      agents: agents ? ['agent m0'] : [],
      acknowledged: 1,
      told: 1,
      settled: 1,
      log: [],
    });
  });

  test.concurrent.each(heldPoints)('asked, and the answer is %s: %s → %s', async (mode, point, state) => {
    const found = await scenario(1, [[mode, point], [mode]]);
    expect(found).toMatchObject({
      ends: ['SIGKILL', '0'],
      states: [state],
      finals: [1],
      unsent: 0,
      agents: state === 'done' ? ['agent m0'] : [],
      acknowledged: state === 'done' ? 1 : 0,
      told: 1,
      log: [],
    });
  });

  test('what can be recovered is recovered, and only what had begun', async () => {
    const [inside, before] = await Promise.all([
      scenario(1, [['recover', 'inside agent, after its effect'], ['recover']]),
      scenario(1, [['recover', 'before checkpoint execute/agent begun'], ['recover']]),
    ]);
    expect(inside).toMatchObject({ states: ['done'], finals: [1], agents: ['agent m0'], told: 1 });
    expect(before).toMatchObject({ states: ['done'], finals: [1], agents: ['agent m0'], told: 1 });
  });

  test('several requests, killed three times on the way', async () => {
    const found = await scenario(5, [
      ['plain', 'after send accepted'],
      ['plain', 'after checkpoint research/fetch done'],
      ['plain', 'before settle'],
      ['plain'],
    ]);
    expect(found.ends).toEqual(['SIGKILL', 'SIGKILL', 'SIGKILL', '0']);
    expect(found.finals).toEqual([1, 1, 1, 1, 1]);
    expect(new Set(found.agents).size).toBe(found.agents.length);
    expect(found).toMatchObject({ unsent: 0, acknowledged: 5, told: 5, settled: 5 });
  });
}, 60_000);
