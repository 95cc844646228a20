import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../../src/pipeline/store/sqlite/open-store.ts';

/** `.ci/run` has more of them than there is time for at every change. */
const ROUNDS = Number(process.env.KILL_ROUNDS ?? 12);
const child = fileURLToPath(new URL('kill.child.ts', import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'milton-kill-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Lets a daemon work for a while, kills it, and returns every whole line it got out; a pipe keeps them beyond its death. */
async function life(file: string, first: number, ms: number): Promise<string[]> {
  const env = { ...process.env, NODE_COMPILE_CACHE: join(folder, 'cache') };
  const daemon = spawn(process.execPath, [child, file, String(first)], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [said, wrong] = ['', ''];
  const working = new Promise<void>((resolve) => {
    daemon.stdout.setEncoding('utf8').on('data', (text) => {
      said += text;
      resolve();
    });
    daemon.once('exit', () => resolve());
  });
  daemon.stderr.setEncoding('utf8').on('data', (text) => {
    wrong += text;
  });
  const closed = once(daemon, 'close');
  await working;
  await sleep(ms);
  daemon.kill('SIGKILL');
  const [, signal] = await closed;
  expect({ wrong, signal }).toEqual({ wrong: '', signal: 'SIGKILL' });
  return said.split('\n').slice(0, -1);
}

describe('a daemon that is killed', () => {
  it(`loses nothing and does nothing twice in ${ROUNDS} rounds of kill -9`, { timeout: 120_000 }, async () => {
    const file = join(folder, 'milton.db');
    const lines: string[] = [];
    let [next, corrupt] = [1, 0];
    // A busy machine gets less done in a life: it has more of them, until what is counted says something.
    const enough = () => said(lines, 'accepted').length > ROUNDS && said(lines, 'settled').length > ROUNDS / 2;
    for (let round = 0; round < ROUNDS || (!enough() && round < 5 * ROUNDS); round++) {
      // The last message may have been recorded without word of it: it is sent again, as a transport would.
      lines.push(...(await life(file, next, (round * 37) % 180)));
      next = Math.max(next, ...numbers(lines, 'accepted'), ...numbers(lines, 'duplicate'));
      const db = new DatabaseSync(file, { readOnly: true });
      if (Object.values(db.prepare('PRAGMA quick_check').get()!)[0] !== 'ok') corrupt++;
      db.close();
    }
    expect({ corrupt, ...verdict(file, lines) }).toEqual({
      corrupt: 0,
      lost: [],
      acceptedTwice: [],
      startedTwice: [],
      settledTwice: [],
      unsettled: [],
      unsent: [],
      withoutOneFinal: [],
      toldTwice: [],
    });
    expect(said(lines, 'accepted').length).toBeGreaterThan(ROUNDS);
    expect(said(lines, 'settled').length).toBeGreaterThan(ROUNDS / 2);
  });
});

const creator = `const { openStore } = await import(process.argv[1]);
  for (let n = 0; ; n++) {
    const store = openStore(process.argv[2] + n + '.db', { mode: 'observe' });
    await store.remember('n', n);
    process.stdout.write(n + '\\n');
    await store.close();
  }`;

describe('a daemon that is killed while it makes its database', () => {
  it('leaves one that opens, with what was in it', { timeout: 60_000 }, async () => {
    const source = new URL('../../../src/pipeline/store/sqlite/open-store.ts', import.meta.url).href;
    for (let round = 0; round < 6; round++) {
      const path = join(folder, `${round}-`);
      const args = ['--input-type=module', '-e', creator, source, path];
      const daemon = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      let made = '';
      daemon.stdout.on('data', (text) => {
        made += text;
      });
      await once(daemon.stdout, 'data');
      const closed = once(daemon, 'close');
      await sleep(3 * round);
      daemon.kill('SIGKILL');
      await closed;
      const last = made.split('\n').length - 2;
      for (const n of [last, last + 1]) {
        const store = openStore(`${path}${n}.db`, { mode: 'daemon' });
        expect(await store.recall('n')).toBeOneOf(n === last ? [n] : [n, undefined]);
        await store.close();
      }
    }
  });
});

/** Compares what the daemons said with what the database holds. */
function verdict(file: string, lines: readonly string[]) {
  const db = new DatabaseSync(file, { readOnly: true });
  const rows = (sql: string) => db.prepare(sql).all() as Record<string, string | number>[];
  const jobs = new Map(rows('SELECT id, state FROM jobs').map(({ id, state }) => [id, state]));
  const finished = rows('SELECT id FROM jobs WHERE finished_at IS NOT NULL').map(({ id }) => id);
  const finals = rows(`SELECT run FROM outbox WHERE key = 'final'`).map(({ run }) => run);
  const sent = new Set(rows(`SELECT run || ' ' || key AS id FROM outbox WHERE state = 'sent'`).map(({ id }) => id));
  db.close();
  const settled = said(lines, 'settled').map((words) => words.split(' '));
  return {
    lost: said(lines, 'accepted').filter((id) => !jobs.has(id)),
    acceptedTwice: repeated(said(lines, 'accepted')),
    startedTwice: repeated(said(lines, 'start').map((words) => words.split(' ')[0]!)),
    settledTwice: repeated(settled.map(([id]) => id!)),
    unsettled: settled.filter(([id, outcome]) => jobs.get(id!) !== outcome),
    unsent: said(lines, 'sent').filter((id) => !sent.has(id)),
    withoutOneFinal: [
      ...finished.filter((id) => finals.filter((run) => run === id).length !== 1),
      ...finals.filter((run) => !finished.includes(run!)),
    ],
    toldTwice: repeated(said(lines, 'sent')),
  };
}

const said = (lines: readonly string[], word: string) =>
  lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));

const numbers = (lines: readonly string[], word: string) => said(lines, word).map((id) => Number(id.slice(1)) + 1);

const repeated = (ids: readonly string[]) => ids.filter((id, i) => ids.indexOf(id) !== i);
