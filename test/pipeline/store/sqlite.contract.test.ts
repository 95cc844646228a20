import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobStore } from '../../../src/pipeline/store/job-store.ts';
import { openStore } from '../../../src/pipeline/store/sqlite.ts';
import '../../support/property.ts';
import { describeJobStore } from '../../../src/testing/job-store-contract.ts';

describeJobStore('sqlite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'milton-store-'));
  const opened: JobStore[] = [];
  let now = Date.parse('2026-01-01T00:00:00Z');
  const clock = { now: () => now, advance: (ms: number) => (now += ms) };
  return {
    clock,
    async worker() {
      const store = openStore(join(folder, 'milton.db'), { mode: 'observe', clock });
      opened.push(store);
      return store;
    },
    async close() {
      for (const store of opened) await store.close();
      rmSync(folder, { recursive: true });
    },
  };
});
