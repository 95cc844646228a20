import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Host } from '../../../src/pipeline/host.ts';
import { Clock, Folders } from '../../../src/pipeline/services.ts';
import { holder, sqlite } from '../../../src/pipeline/store/sqlite.ts';
import { request } from '../../../src/testing/job-store/samples.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'milton-store-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A host with the two services the store needs; `stop` runs what was left to it. */
function hostFor(part: ReturnType<typeof sqlite>) {
  const cleanups: (() => void | Promise<void>)[] = [];
  const services = new Map<symbol, unknown>([
    [Clock, { now: () => 42 }],
    [Folders, { state: folder, output: folder, logs: folder }],
  ]);
  const host = {
    options: part.schema!.parse(part.input),
    logger: console,
    get: (token: symbol) => services.get(token),
    onClose: (cleanup: () => void) => cleanups.push(cleanup),
  };
  return { host: host as unknown as Host<never>, stop: () => Promise.all(cleanups.map((cleanup) => cleanup())) };
}

it('keeps milton.db in the state folder, by the clock of its host, until that closes', async () => {
  const part = sqlite();
  const { host, stop } = hostFor(part);
  const store = await part.create(host);
  await store.accept(request('m1'));
  expect((await store.get('m1'))!.createdAt).toBe(42);
  expect(readdirSync(folder)).toContain('milton.db');
  expect(holder(folder)).toMatchObject({ pid: process.pid });
  await stop();
  expect(holder(folder)).toBeUndefined();
});

it('takes another file, and no unknown option', async () => {
  const part = sqlite({ file: join(folder, 'other.db') });
  const { host, stop } = hostFor(part);
  await part.create(host);
  expect(readdirSync(folder)).toContain('other.db');
  await stop();
  expect(part.schema!.safeParse({ fiel: 'x' }).success).toBe(false);
  expect(part.schema!.safeParse({ file: '' }).success).toBe(false);
});
