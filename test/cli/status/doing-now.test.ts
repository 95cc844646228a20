import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { doingNow } from '../../../src/cli/status/doing-now.ts';
import type { JobView } from '../../../src/pipeline/store/job-store.ts';

const ID = 'req_aaaaaa';
const notices = [{ key: '1', at: 0, notice: { title: 'started', kind: 'milestone' } }];
const job = { id: ID, notices } as unknown as JobView;
let folder: string;
let output: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'milton-status-'));
  output = join(folder, `${ID}.out`);
});
afterEach(() => rmSync(folder, { recursive: true }));

test('the last whole line of the output, else the last notice', async () => {
  expect(await doingNow(job, folder)).toBe('started');
  writeFileSync(output, 'one\ntwo\nthr');
  expect(await doingNow(job, folder)).toBe('two');
});

test('of several outputs the one that was written last, unless it has said nothing yet', async () => {
  const tests = join(folder, `${ID}.test.out`);
  writeFileSync(output, 'edits\n');
  writeFileSync(tests, '');
  utimesSync(output, 1, 1);
  expect(await doingNow(job, folder)).toBe('edits');
  writeFileSync(tests, 'tests\n');
  expect(await doingNow(job, folder)).toBe('tests');
});

test.each<[string, () => void]>([
  ['is a link', () => symlinkSync('/etc/hostname', output)],
  ['leads nowhere', () => symlinkSync(join(folder, 'none'), output)],
  ['is a folder', () => mkdirSync(output)],
])('an output that %s says nothing', async (_what, make) => {
  make();
  expect(await doingNow(job, folder)).toBe('started');
});
