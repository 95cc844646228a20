import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const ROUNDS = 50;
const child = fileURLToPath(new URL('kill.child.ts', import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'milton-kill-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Lets a daemon work for a while, kills it, and returns every whole line it got out; a pipe keeps them beyond its death. */
async function life(file: string, first: number, ms: number): Promise<string[]> {
  const daemon = spawn(process.execPath, [child, file, String(first)], { stdio: ['ignore', 'pipe', 'pipe'] });
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
    for (let round = 0; round < ROUNDS; round++) {
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
    expect(said(lines, 'accepted').length).toBeGreaterThan(ROUNDS * 2);
    expect(said(lines, 'settled').length).toBeGreaterThan(ROUNDS);
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
