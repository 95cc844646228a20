import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { lookInto, openStore } from '../../../src/pipeline/store/sqlite.ts';
import { gitRepo } from '../../support/git-repo.ts';

test('tells what is kept and when the last message came, also beside a Milton that runs, and changes nothing', async () => {
  using scratch = gitRepo({ commit: false });
  const file = join(scratch.state, 'milton.db');
  expect(lookInto(file)).toBeUndefined();
  let now = 5_000;
  const store = openStore(file, { mode: 'daemon', clock: { now: () => now } });
  const message = {
    id: 'ntfy:a',
    transport: 'ntfy',
    text: 'STATUS',
    at: new Date(0).toISOString(),
    late: { ms: 0, missed: false },
  };
  {
    using before = lookInto(file)!;
    expect([before.heardAt, before.kept('health:ntfy')]).toEqual([undefined, {}]);
  }
  await store.remember('health:ntfy', { state: 'connected' });
  await store.accept({ run: 'req_k4m2xa', message, seen: ['ntfy:a'], effects: [], notices: [] });
  now = 9_000;
  // What is typed on the machine was not heard.
  await store.accept({ run: 'req_k4m2xb', message, seen: ['machine:a'], effects: [], notices: [] });
  {
    using after = lookInto(file)!;
    expect([after.heardAt, after.kept('health:ntfy')]).toEqual([5_000, { state: 'connected' }]);
  }
  await store.close();
  const bytes = readFileSync(file);
  lookInto(file)?.[Symbol.dispose]();
  expect(readFileSync(file).equals(bytes)).toBe(true);
});

test('leaves the database of an older Milton alone, which would have to be changed', async () => {
  using scratch = gitRepo({ commit: false });
  const file = join(scratch.state, 'milton.db');
  await openStore(file, { mode: 'daemon' }).close();
  const db = new DatabaseSync(file);
  db.exec('PRAGMA user_version = 1');
  db.close();
  const bytes = readFileSync(file);
  expect(() => lookInto(file)).toThrow(expect.objectContaining({ code: 'STORE_OLDER' }));
  expect(readFileSync(file).equals(bytes)).toBe(true);
});
