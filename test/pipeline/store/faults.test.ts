import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { Database } from '../../../src/pipeline/store/sqlite/database.ts';
import { migrate } from '../../../src/pipeline/store/sqlite/schema.ts';
import { SqliteStore } from '../../../src/pipeline/store/sqlite/sqlite-store.ts';
import { holder, openStore } from '../../../src/pipeline/store/sqlite.ts';
import { begin, final, request } from '../../../src/testing/job-store/samples.ts';
import { file, folder, open, opened, other, refusal } from './support.ts';

/** Leaves a database with 200 jobs behind. */
async function fill(): Promise<void> {
  const store = openStore(file, { mode: 'daemon' });
  const more = { job: { ...request('x').job!, slots: { text: 'x'.repeat(2000) } } };
  for (let i = 0; i < 200; i++) await store.accept(request(`m${i}`, 'app', { job: { ...more.job, id: `m${i}` } }));
  await store.close();
}

describe('a database Milton cannot use', () => {
  it('is refused when it is newer, and left as it is', async () => {
    await fill();
    const db = new DatabaseSync(file);
    db.exec('PRAGMA user_version = 99');
    db.close();
    const before = readFileSync(file);
    for (const mode of ['daemon', 'observe'] as const) {
      const error = refusal(file, mode);
      expect(error).toMatchObject({ code: 'STORE_NEWER', hint: expect.stringContaining('Update Milton') });
      expect(error.message).toContain('99');
    }
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(holder(folder)).toBeUndefined();
  });

  it('is refused when it has a write-ahead log of a newer Milton, which stays beside it', async () => {
    await fill();
    const db = new DatabaseSync(file);
    db.exec('PRAGMA user_version = 99');
    for (const end of ['', '-wal']) copyFileSync(file + end, join(folder, `copy.db${end}`));
    db.close();
    const copy = join(folder, 'copy.db');
    const before = [readFileSync(copy), readFileSync(`${copy}-wal`)];
    expect(refusal(copy).code).toBe('STORE_NEWER');
    expect([readFileSync(copy), readFileSync(`${copy}-wal`)]).toEqual(before);
  });

  it('is refused when its header is garbage', async () => {
    await fill();
    const bytes = readFileSync(file).fill(0x55, 0, 100);
    writeFileSync(file, bytes);
    expect(refusal()).toMatchObject({ code: 'STORE_CORRUPT', hint: expect.stringContaining('backup') });
    expect(readFileSync(file).equals(bytes)).toBe(true);
  });

  it('is refused when a page in the middle is garbage, or when it was cut short', async () => {
    await fill();
    const whole = readFileSync(file);
    const page = 4096 * Math.floor(whole.length / 4096 / 2);
    const flipped = Buffer.from(whole).fill(0xaa, page, page + 4096);
    for (const damaged of [flipped, whole.subarray(0, page)]) {
      writeFileSync(file, damaged);
      expect(refusal().code).toBe('STORE_CORRUPT');
      expect(readFileSync(file).equals(damaged)).toBe(true);
    }
    writeFileSync(file, whole);
    expect(await open().list()).toHaveLength(200);
  });

  it('is refused when it belongs to another program', () => {
    const db = new DatabaseSync(file);
    db.exec('CREATE TABLE recipes(name)');
    db.close();
    const before = readFileSync(file);
    expect(refusal()).toMatchObject({ code: 'STORE', message: expect.stringContaining('another program') });
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('is refused when it is a folder, or lies in none', () => {
    mkdirSync(file);
    expect(refusal()).toMatchObject({ code: 'STORE', message: `${file} is not a file.` });
    expect(refusal(join(folder, 'none', 'milton.db'))).toMatchObject({ code: 'STORE', hint: expect.any(String) });
    expect(readdirSync(folder)).toEqual(['milton.db']);
  });

  it('reports damage that shows only later, and writes nothing', async () => {
    await fill();
    const store = open('observe');
    const bytes = readFileSync(file).fill(0xaa, 4096);
    writeFileSync(file, bytes);
    await expect(store.list()).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    await expect(store.accept(request('new'))).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
  });
});

describe('a database that was being made when the power went', () => {
  it('is put back to what it was and then made', async () => {
    const db = new DatabaseSync(join(folder, 'half.db'));
    db.exec('PRAGMA auto_vacuum = INCREMENTAL; VACUUM; PRAGMA cache_size = 1; BEGIN; CREATE TABLE half(x)');
    for (let i = 0; i < 200; i++) db.exec(`INSERT INTO half VALUES (zeroblob(2000))`);
    for (const end of ['', '-journal']) copyFileSync(join(folder, `half.db${end}`), file + end);
    db.close();
    expect(statSync(`${file}-journal`).size).toBeGreaterThan(0);
    const store = open();
    expect(await store.accept(request('m1'))).toBe('accepted');
    expect(existsSync(`${file}-journal`)).toBe(false);
  });
});

describe('a database of an older Milton', () => {
  it('is brought up to date, and loses nothing', async () => {
    await fill();
    const db = new DatabaseSync(file);
    db.exec(`DROP TABLE results; ALTER TABLE outbox DROP COLUMN postponed_at; ALTER TABLE questions DROP COLUMN asked_at; ALTER TABLE questions DROP COLUMN place; ALTER TABLE kept DROP COLUMN until;
      DROP INDEX jobs_held; DROP INDEX jobs_open; ALTER TABLE jobs DROP COLUMN marks;
      CREATE INDEX jobs_open ON jobs(lane, seq) WHERE finished_at IS NULL; PRAGMA user_version = 1`);
    db.close();
    const store = open();
    expect(await store.list()).toHaveLength(200);
    const [row] = await store.unsent('phone', 1);
    await store.postpone(row!, Date.now() + 60_000, 'unreachable');
    expect(await store.unsent('phone', 1)).not.toContainEqual(expect.objectContaining({ seq: row!.seq }));
    expect(await store.held()).toEqual([]);
    await store.remember('cursor', 'x', Date.now() + 60_000);
    expect(await store.recall('cursor')).toBe('x');
    expect(await store.claim(60_000)).toBeDefined();
  });
});

describe('a full disk', () => {
  it('refuses what does not fit, keeps what was there, and goes on when there is room', async () => {
    const db = new Database(file);
    migrate(db);
    const store = new SqliteStore(db, { now: Date.now });
    opened.push(store);
    const claim = await begin(store, 'running', 'web');
    db.exec(`PRAGMA max_page_count = ${Number(db.pragma('page_count')) + 10}`);
    const accepted: string[] = [];
    const big = (id: string) => request(id, 'app', { job: { ...request(id).job!, slots: { text: 'x'.repeat(5000) } } });
    let refused: unknown;
    while (refused === undefined) {
      const id = `m${accepted.length}`;
      await store.accept(big(id)).then(
        () => accepted.push(id),
        (error) => (refused = error),
      );
    }
    expect(refused).toMatchObject({ code: 'STORE_FULL', hint: expect.stringContaining('Free some space') });
    const lost = `m${accepted.length}`;
    expect(await store.seen(lost)).toBe(false);
    const entry = { key: 'k', atMostOnce: false, state: 'done' as const, value: 'x'.repeat(20_000), note: null };
    await expect(store.checkpoint(claim, entry, [])).rejects.toMatchObject({ code: 'STORE_FULL' });
    expect((await store.list()).map(({ id }) => id)).toEqual(['running', ...accepted]);
    db.exec('PRAGMA max_page_count = 4294967294');
    expect(await store.accept(big(lost))).toBe('accepted');
    expect(await store.checkpoint(claim, entry, [])).toBe(true);
    expect(await store.settle(claim, 'done', [final])).toBe(true);
    expect(db.pragma('quick_check')).toBe('ok');
  });
});

describe('a folder that may not be written to', () => {
  const asNobody = `if (process.getuid() === 0) { process.setgid(65534); process.setuid(65534); }`;

  it('is refused, and so is such a file', async () => {
    await fill();
    const before = readFileSync(file);
    chmodSync(folder, 0o555);
    const code = `${asNobody} openStore(path, { mode: 'daemon' }); console.log('opened');`;
    expect(await other(code, file).said).toBe(`STORE_READONLY ${folder} cannot be written to.`);
    chmodSync(folder, 0o777);
    chmodSync(file, 0o444);
    expect(await other(code, file).said).toBe(`STORE_READONLY ${file} cannot be written to.`);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('is a clear error where the file turns read-only under a running Milton', async () => {
    const db = new Database(file);
    migrate(db);
    const store = new SqliteStore(db, { now: Date.now });
    opened.push(store);
    db.exec('PRAGMA query_only = ON');
    await expect(store.accept(request('m1'))).rejects.toMatchObject({ code: 'STORE_READONLY' });
    db.exec('PRAGMA query_only = OFF');
    expect(await store.accept(request('m1'))).toBe('accepted');
  });

  it('takes no run away from its worker, however long it stays so', async () => {
    const db = new Database(file);
    migrate(db);
    let now = 0;
    const store = new SqliteStore(db, { now: () => now });
    opened.push(store);
    const claim = await begin(store, 'running');
    db.exec('PRAGMA query_only = ON');
    for (let i = 0; i < 10; i++) {
      now += 15_000;
      await expect(store.heartbeat(claim, 60_000)).rejects.toMatchObject({ name: 'MiltonError' });
    }
    await expect(store.settle(claim, 'done', [final])).rejects.toMatchObject({ name: 'MiltonError' });
    await expect(store.release(claim, [])).rejects.toMatchObject({ name: 'MiltonError' });
    db.exec('PRAGMA query_only = OFF');
    expect(await store.claim(60_000)).toBeUndefined();
    expect(await store.heartbeat(claim, 60_000)).toBe('held');
    expect(await store.settle(claim, 'done', [final])).toBe(true);
  });
});
