import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DailyLogs } from '../../../src/cli/logs/daily-logs.ts';

let folder: string;
let logs: DailyLogs<string>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'milton-logs-'));
  logs = new DailyLogs(folder, (line) => (line.startsWith('#') ? undefined : line));
});
afterEach(async () => {
  await logs[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const day = (name: string) => join(folder, `${name}.log`);
async function more(): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of logs.more()) lines.push(line);
  return lines;
}

it('goes back as many days as it takes, and leaves other files alone', async () => {
  writeFileSync(day('2026-11-24'), 'a\nb\n');
  writeFileSync(day('2026-11-25'), '#c\nd\n');
  writeFileSync(day('2026-11-27'), 'e\n#f\ng\n');
  writeFileSync(join(folder, 'notes.log'), 'mine\n');
  expect(await logs.last(2)).toEqual(['e', 'g']);
  expect(await logs.last(4)).toEqual(['b', 'd', 'e', 'g']);
  expect(await logs.last(9)).toEqual(['a', 'b', 'd', 'e', 'g']);
});

it('goes on across midnight, and misses nothing of the day before', async () => {
  writeFileSync(day('2026-11-24'), 'a\n');
  expect(await logs.last(5)).toEqual(['a']);
  appendFileSync(day('2026-11-24'), 'b\nc');
  expect(await more()).toEqual(['b']);
  appendFileSync(day('2026-11-24'), 'c\nlast words');
  writeFileSync(day('2026-11-25'), 'd\n');
  writeFileSync(day('2026-11-26'), 'e\n#\n');
  expect(await more()).toEqual(['cc', 'last words', 'd', 'e']);
  appendFileSync(day('2026-11-26'), 'f\n');
  expect(await more()).toEqual(['f']);
});

it('waits for the first file', async () => {
  expect(await logs.last(5)).toEqual([]);
  expect(await more()).toEqual([]);
  writeFileSync(day('2026-11-24'), 'a\n');
  expect(await more()).toEqual(['a']);
});
