import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';
import type { Host } from '../../../src/pipeline/host.ts';
import type { Logger } from '../../../src/pipeline/services.ts';
import { Database } from '../../../src/pipeline/store/sqlite/database.ts';
import { storeError } from '../../../src/pipeline/store/sqlite/errors.ts';
import { VERSION } from '../../../src/pipeline/store/sqlite/schema.ts';
import { holder, openStore, sqlite } from '../../../src/pipeline/store/sqlite.ts';
import { request } from '../../../src/testing/job-store/samples.ts';
import { file, folder, open, opened, refusal } from './support.ts';

const OLD = VERSION - 1;
const backups = () => join(folder, 'milton.db-backups');
const kept = () => readdirSync(backups()).sort();
const digest = () => createHash('sha256').update(readFileSync(file)).digest('hex');

/** Leaves the database of an older Milton behind, with one request in it. */
async function older(id = 'm1'): Promise<void> {
  const store = openStore(file, { mode: 'daemon' });
  await store.accept(request(id, 'app', { job: { ...request(id).job!, slots: { text: 'x'.repeat(100_000) } } }));
  await store.close();
  change(`ALTER TABLE kept DROP COLUMN until; PRAGMA user_version = ${OLD}`);
}

function change(sql: string): void {
  const db = new DatabaseSync(file);
  db.exec(sql);
  db.close();
}

function read<T>(path: string, sql: string): T {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    return db.prepare(sql).get() as T;
  } finally {
    db.close();
  }
}

it('an upgrade copies the database before, and says so', async () => {
  await older();
  const told: string[] = [];
  const store = openStore(file, { mode: 'daemon', tell: (text) => told.push(text) });
  opened.push(store);
  const [name] = kept();
  expect(kept()).toEqual([expect.stringMatching(new RegExp(`^milton\\.db\\.v${OLD}-\\d{8}T\\d{6}Z\\.bak$`))]);
  const copy = join(backups(), name!);
  expect(told).toEqual([
    `${file} was brought up to date (from format ${OLD} to ${VERSION}); what it was before is kept as ${copy}`,
  ]);
  expect((await store.list()).map(({ id }) => id)).toEqual(['m1']);
  expect([statSync(copy).mode & 0o777, statSync(backups()).mode & 0o777]).toEqual([0o600, 0o700]);
  expect(read(copy, 'SELECT id FROM jobs')).toEqual({ id: 'm1' });
  expect(read(copy, 'PRAGMA user_version')).toEqual({ user_version: OLD });
  expect(read(copy, 'PRAGMA journal_mode')).toEqual({ journal_mode: 'wal' });
});

it('an upgrade is told even where only warnings are logged', async () => {
  await older();
  const [warnings, closing]: [string[], (() => void | Promise<void>)[]] = [[], []];
  const silent = () => {};
  const warn = (text: string) => void warnings.push(text);
  const logger: Logger = { debug: silent, info: silent, warn, error: silent, child: () => logger };
  const host: Host = {
    options: { file },
    logger,
    get: <T>() => ({ now: Date.now }) as T,
    onClose: (close) => void closing.push(close),
    make: () => Promise.reject(new Error('a store holds no parts')),
  };
  await sqlite({ file }).create(host as Host<never>);
  for (const close of closing) await close();
  expect(warnings).toEqual([expect.stringContaining('was brought up to date')]);
});

it('whoever only looks leaves an older database as it is, and a start free to bring it up to date', async () => {
  await older();
  const before = digest();
  expect(refusal(file, 'observe')).toMatchObject({
    code: 'STORE_OLDER',
    message: `${file} was written by an older Milton, and is brought up to date when Milton starts.`,
    hint: 'Run: milton start, or milton service restart.',
  });
  expect([digest(), existsSync(backups()), holder(folder)]).toEqual([before, false, undefined]);
  expect(await open('daemon').list()).toHaveLength(1);
  expect(await open('observe').list()).toHaveLength(1);
});

it('what only the write-ahead log holds is copied too', async () => {
  await older();
  const [wal, store] = [join(folder, 'crashed.db'), new DatabaseSync(file)];
  store.exec(`UPDATE jobs SET lane = 'late'`);
  for (const end of ['', '-wal']) copyFileSync(file + end, wal + end);
  store.close();
  expect(statSync(`${wal}-wal`).size).toBeGreaterThan(0);
  open('daemon', wal);
  const [name] = readdirSync(`${wal}-backups`);
  expect(read(join(`${wal}-backups`, name!), 'SELECT lane FROM jobs')).toEqual({ lane: 'late' });
});

it('put back as the message of the older Milton says, the copy works there', async () => {
  await older();
  await open().close();
  change(`PRAGMA user_version = ${VERSION + 1}`);
  expect(refusal()).toMatchObject({ code: 'STORE_NEWER' });
  const copy = join(backups(), kept()[0]!);
  expect(refusal().hint).toContain(`move ${file}, ${file}-wal and ${file}-shm away, and copy ${copy} to ${file}.`);
  for (const end of ['', '-wal', '-shm']) rmSync(file + end, { force: true });
  copyFileSync(copy, file);
  expect((await open().list()).map(({ id }) => id)).toEqual(['m1']);
});

it('the newest three are kept, what a crash had left half copied goes, and other files are left alone', async () => {
  await older();
  mkdirSync(backups());
  const old = [1, 2, 3, 4].map((day) => `milton.db.v${day}-2026010${day}T000000Z.bak`);
  for (const name of [...old, 'mine.txt', 'part', 'part-journal']) copyFileSync(file, join(backups(), name));
  open();
  expect(kept()).toEqual([old[2], old[3], expect.stringContaining(`.v${OLD}-2`), 'mine.txt']);
});

it('a new database is not copied, nor one that is up to date', async () => {
  await open().close();
  await open().close();
  expect(existsSync(backups())).toBe(false);
});

it('a migration that fails leaves the database as it was, and says how to go back', async () => {
  await older();
  change('ALTER TABLE kept ADD COLUMN until INTEGER');
  const before = read<object>(file, 'SELECT * FROM jobs');
  const { code, message, hint } = refusal();
  expect(code).toBe('STORE');
  expect(message).toMatch(
    /could not be brought up to date \(from format \d+ to \d+\): duplicate column name.* left as it is\.$/,
  );
  expect(hint).toBe(
    `Install the Milton you had before, which can still read it; a copy is ${join(backups(), kept()[0]!)}.`,
  );
  expect([read(file, 'SELECT * FROM jobs'), read(file, 'PRAGMA user_version')]).toEqual([
    before,
    { user_version: OLD },
  ]);
  expect(holder(folder)).toBeUndefined();
});

it('a disk that takes no more while it is copied: nothing is changed, and nothing is left of the copy', async () => {
  await older();
  const before = digest();
  const source = fileURLToPath(new URL('../../../src/pipeline/store/sqlite/open-store.ts', import.meta.url));
  const code = `const { openStore } = await import(${JSON.stringify(source)});
    try { openStore(${JSON.stringify(file)}, { mode: 'daemon' }); console.log('opened'); }
    catch ({ code, message, hint }) { console.log(JSON.stringify({ code, message, hint })); }`;
  // No file may grow beyond 40 blocks of 1,024 bytes.
  const args = ['-c', 'ulimit -f 40; exec "$0" --input-type=module -e "$1"', process.execPath, code];
  const { stdout } = spawnSync('bash', args, { encoding: 'utf8' });
  expect(JSON.parse(stdout)).toEqual({
    code: 'STORE',
    message: expect.stringMatching(/could not be copied before it is brought up to date: .* Nothing was changed\.$/),
    hint: 'Mend that and start Milton again, or run the Milton you had before.',
  });
  expect([digest(), kept()]).toEqual([before, []]);
  expect(await open().list()).toHaveLength(1);
});

it('a full disk is told as one, with how much room the copy needs', async () => {
  await older();
  const before = digest();
  const spy = vi.spyOn(Database.prototype, 'run').mockImplementationOnce(() => {
    throw storeError(Object.assign(new Error('database or disk is full'), { errcode: 13 }), file);
  });
  expect(refusal()).toMatchObject({
    code: 'STORE_FULL',
    message: expect.stringMatching(/up to date: the disk is full\. Nothing was changed\.$/),
    hint: `Free 1 MB for the copy in ${folder}, or run the Milton you had before.`,
  });
  spy.mockRestore();
  expect([digest(), kept()]).toEqual([before, []]);
});

it('a link in the place of the folder is refused', async () => {
  await older();
  symlinkSync(folder, backups());
  expect(refusal().message).toContain('is a symbolic link');
  rmSync(backups());
  expect(await open().list()).toHaveLength(1);
});
