import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { keepTidy } from '../../src/cli/start/retention.ts';
import type { JobStore } from '../../src/pipeline/store/job-store.ts';
import { MemoryLogger } from '../support/fake-run.ts';

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'milton-retention-'));
});
afterEach(() => rmSync(state, { recursive: true, force: true }));

const folder = (name: string, days: number) => {
  const path = join(state, 'worktrees', name);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'file'), '');
  const at = new Date(Date.now() - days * 86_400_000);
  utimesSync(path, at, at);
  return path;
};
const store = (open: readonly string[]) =>
  ({ get: async (id: string) => ({ finishedAt: open.includes(id) ? undefined : 1 }) }) as unknown as JobStore;

test('what requests have left goes after a month; what is open or holds work stays, and is told', async () => {
  // The removal of these two had begun, which it does only when a branch holds all.
  const [old, young] = [folder('req_aaaaaa.gone', 31), folder('req_bbbbbb.gone', 29)];
  const [open, work] = [folder('req_cccccc', 31), folder('req_dddddd', 31)];
  const logger = new MemoryLogger();
  const end = keepTidy({ state, repositories: [], store: store(['req_cccccc']), logger });
  await vi.waitFor(() => expect(logger.lines).toHaveLength(2), { timeout: 30_000 });
  end();
  expect([old, young, open, work].map(existsSync)).toEqual([false, true, true, true]);
  expect(logger.lines).toEqual([
    'info removed 1 left folders of requests that ended more than 30 days ago',
    `warn a left folder holds work that is on no branch: ${work}`,
  ]);
});

test('a store that is out costs nothing but a line', async () => {
  folder('req_aaaaaa.gone', 31);
  const logger = new MemoryLogger();
  keepTidy({ state, repositories: [], store: { get: () => Promise.reject(new Error('out')) }, logger })();
  await vi.waitFor(() => expect(logger.lines).toEqual(['warn left folders were not looked at']), { timeout: 30_000 });
});
