import { once } from 'node:events';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { holder } from '../../../src/pipeline/store/sqlite.ts';
import { LEASE, request } from '../../../src/testing/job-store/samples.ts';
import { file, folder, open, opened, other, refusal } from './support.ts';

describe('one daemon per folder', () => {
  const stay = `openStore(path, { mode: 'daemon' }); console.log('open'); setInterval(() => {}, 1000);`;

  it('refuses a second one and says who holds it, also while the first is being watched', async () => {
    const first = other(stay, file);
    expect(await first.said).toBe('open');
    expect(holder(folder)).toMatchObject({ pid: first.pid });
    const error = refusal();
    expect(error.code).toBe('ALREADY_RUNNING');
    expect(error.message).toContain(`Milton already runs on ${folder} (pid ${first.pid} on `);
    expect(await other(stay, file).said).toContain('ALREADY_RUNNING');
    expect(await open('observe').list()).toEqual([]);
    expect(holder(folder)).toMatchObject({ pid: first.pid });
  });

  it('opens at once after the first was killed, and takes its jobs over', async () => {
    const code = `const store = openStore(path, { mode: 'daemon' });
      await store.accept({ run: 'm1', message: { id: 'm1', transport: 'phone', text: '', at: '' }, seen: ['m1'], effects: [],
        notices: [], job: { id: 'm1', lane: 'app', slots: {}, acknowledge: () => undefined } });
      console.log((await store.claim(3600000)).job); setInterval(() => {}, 1000);`;
    const first = other(code, file);
    expect(await first.said).toBe('m1');
    expect(await open('observe').claim(LEASE)).toBeUndefined();
    first.kill('SIGKILL');
    await once(first, 'exit');
    expect(existsSync(join(folder, 'daemon.json'))).toBe(true);
    expect(holder(folder)).toBeUndefined();
    const store = open();
    expect(holder(folder)).toMatchObject({ pid: process.pid });
    expect(await store.claim(LEASE)).toMatchObject({ job: 'm1', attempt: 2, stalled: 1 });
  });

  it('leaves the folder free when it stops or fails to open', async () => {
    const store = open();
    await store.close();
    expect(holder(folder)).toBeUndefined();
    const second = open();
    await store.close();
    expect(holder(folder)).toMatchObject({ pid: process.pid });
    await second.close();
    expect(readdirSync(folder).sort()).toEqual(['lock.db', 'milton.db']);
    writeFileSync(file, 'garbage'.repeat(1000));
    expect(refusal().code).toBe('STORE_CORRUPT');
    expect(holder(folder)).toBeUndefined();
  });

  it('knows no holder of a folder where Milton never ran', () => {
    expect(holder(folder)).toBeUndefined();
    expect(holder(join(folder, 'none'))).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('changes no format under a running one', () => {
    open('daemon', join(folder, 'other.db'));
    expect(refusal(file, 'observe').code).toBe('ALREADY_RUNNING');
  });

  it('waits for somebody who only looks, and was held up in it', async () => {
    await open().close();
    const code = `const { DatabaseSync } = await import('node:sqlite');
      const db = new DatabaseSync(path, { readOnly: true });
      db.exec('BEGIN'); db.prepare('SELECT 1 FROM sqlite_schema').all(); console.log('looks');
      setTimeout(() => db.close(), 1000);`;
    expect(await other(code, join(folder, 'lock.db')).said).toBe('looks');
    open();
    expect(holder(folder)).toMatchObject({ pid: process.pid });
  });

  it('does not mind a damaged note of who holds it', () => {
    open();
    writeFileSync(join(folder, 'daemon.json'), '{');
    expect(holder(folder)).toEqual({});
    expect(refusal().message).toBe(`Milton already runs on ${folder}.`);
  });
});

describe('the files', () => {
  it('are readable by their owner only, also those that were not', async () => {
    writeFileSync(file, '', { mode: 0o644 });
    const store = open();
    await store.accept(request('m1'));
    const modes = readdirSync(folder).map((name) => [name, (statSync(join(folder, name)).mode & 0o777).toString(8)]);
    expect(modes.map(([name]) => name)).toEqual(
      expect.arrayContaining(['milton.db', 'milton.db-wal', 'milton.db-shm']),
    );
    expect(modes.filter(([, mode]) => mode !== '600')).toEqual([]);
  });

  it('stay small after pruning', async () => {
    const store = open();
    for (let i = 0; i < 300; i++) {
      await store.accept(
        request(`m${i}`, 'app', { job: { ...request(`m${i}`).job!, slots: { text: 'x'.repeat(8000) } } }),
      );
      const claim = (await store.claim(LEASE))!;
      await store.settle(claim, 'done', []);
    }
    for (let rows = await store.unsent('phone', 500); rows.length; rows = await store.unsent('phone', 500)) {
      for (const row of rows) await store.sent(row);
    }
    expect(await open('observe').prune(Date.now() + 1000)).toBe(300);
    for (const store of opened.splice(0)) await store.close();
    expect(statSync(file).size).toBeLessThan(300_000);
  });
});
