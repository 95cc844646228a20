// The checker of `npm run torture` must be able to fail: it is fed what would show a broken promise.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const checker = resolve(import.meta.dirname, '../../torture/checker/main.ts');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'milton-checker-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, lines: readonly object[]) =>
  writeFileSync(join(folder, name), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
const publish = (...ids: readonly string[]) =>
  write(
    'published.jsonl',
    ids.map((id, i) => ({ id, text: `text of ${id}`, at: 1_000 * i })),
  );
const start = (...ids: readonly string[]) =>
  writeFileSync(join(folder, 'agent.tsv'), ids.map((id) => `${id}\ttext of ${id}\treq_${id}\t1\n`).join(''));
const finished = (id: string) => ({ title: `✅ [req_${id}] finished`, message: `text of ${id}` });
const interrupted = (id: string) => ({ title: `⚠️ [req_${id}] interrupted`, message: 'Milton was stopped.' });
const receipt = (id: string) => ({ title: `👂 [req_${id}] got it`, message: `text of ${id}\nIt starts now.` });
const answer = (...notices: readonly object[]) => write('answers.jsonl', notices);

/** Runs the checker as the torture does, and returns its exit code and its counts. */
function judge(...flags: readonly string[]) {
  let [code, stdout] = [0, ''];
  try {
    stdout = execFileSync(process.execPath, [checker, ...flags, folder], { encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    ({ status: code, stdout } = error as { status: number; stdout: string });
  }
  const counts = [...stdout.matchAll(/^(.+) (\d+)$/gm)].map(([, what, count]) => [what!, Number(count)]);
  return { code, ...Object.fromEntries(counts) };
}

test('what was published, started once and told is in order', () => {
  publish('a', 'b');
  start('b', 'a');
  answer(finished('a'), finished('b'), finished('b'));
  expect(judge()).toMatchObject({ code: 0, lost: 0, 'run twice': 0, 'finals missing': 0, published: 2 });
});

test('a loss and a double are found', () => {
  publish('a', 'b', 'c');
  start('a', 'b', 'b');
  answer(finished('a'), finished('b'));
  expect(judge()).toMatchObject({ code: 1, lost: 1, 'run twice': 1, 'finals missing': 0 });
});

test('a run without its last notice is found, unless nobody waits for it', () => {
  publish('a', 'b');
  start('a', 'b');
  answer(receipt('a'), finished('b'));
  expect(judge()).toMatchObject({ code: 1, lost: 0, 'finals missing': 1 });
  expect(judge('--no-finals')).toMatchObject({ code: 0, lost: 0 });
});

test('a message that was acknowledged and never came to an end is found', () => {
  publish('a');
  answer(receipt('a'));
  expect(judge()).toMatchObject({ code: 1, lost: 1, 'finals missing': 1 });
});

test('what the phone was told to be interrupted is not lost, but may not have finished as well', () => {
  publish('a', 'b');
  start('b');
  answer(receipt('a'), interrupted('a'), receipt('b'), interrupted('b'));
  expect(judge()).toMatchObject({ code: 0, lost: 0, interrupted: 2 });
  answer(receipt('a'), interrupted('a'), interrupted('b'), finished('b'));
  expect(judge()).toMatchObject({ code: 1, 'ends contradicting': 1 });
});

test('a start that was being written when its agent was killed does not count', () => {
  publish('a');
  writeFileSync(join(folder, 'agent.tsv'), 'a\ttext of a\treq_a\t1\na\ttext');
  answer(finished('a'));
  expect(judge()).toMatchObject({ code: 0, 'run twice': 0 });
});

test('only what the server lost at once and never passed on is excused', () => {
  publish('a', 'b', 'c', 'd', 'e');
  const wipe = 4_500;
  // b came in time to be heard, d went on to Milton; e alone had no chance, since c was started after all.
  start('a', 'c');
  write('wipes.jsonl', [{ at: wipe }]);
  write('passages.jsonl', [
    { kind: 'passed', id: 'd' },
    { kind: 'taken', topic: 'answers.jsonl', message: finished('a') },
    { kind: 'taken', topic: 'answers.jsonl', message: finished('c') },
    { kind: 'taken', topic: 'elsewhere', message: finished('b') },
  ]);
  answer();
  expect(judge()).toMatchObject({ code: 1, lost: 2, excused: 1, 'finals missing': 0 });
});
