import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach } from 'vitest';
import type { JobStore } from '../../../src/pipeline/store/job-store.ts';
import { openStore } from '../../../src/pipeline/store/sqlite.ts';

/** A fresh folder for each test, and the database's file in it. */
export let folder: string;
export let file: string;
/** Stores to close when the test is over. */
export const opened: JobStore[] = [];
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'milton-store-'));
  file = join(folder, 'milton.db');
});
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
  }
  rmSync(folder, { recursive: true });
});

/** Opens the store; it is closed when the test is over. */
export function open(mode: 'daemon' | 'observe' = 'daemon', path = file): JobStore {
  const store = openStore(path, { mode });
  opened.push(store);
  return store;
}

/** The error that opening the database ends with. */
export function refusal(path = file, mode: 'daemon' | 'observe' = 'daemon') {
  try {
    open(mode, path);
  } catch (error) {
    return error as { code: string; message: string; hint: string };
  }
  throw new Error('it was opened');
}

/** Runs a few lines against the store in a process of its own, as another user where this one may write everywhere. */
export function other(code: string, ...args: string[]): ChildProcess & { said: Promise<string> } {
  const source = fileURLToPath(new URL('../../../src/pipeline/store/sqlite/open-store.ts', import.meta.url));
  const script = `const { openStore } = await import(${JSON.stringify(source)});
    const path = process.argv[1];
    try { ${code} } catch (error) { console.log(error.code, error.message); process.exitCode = 1; }`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const said = once(child.stdout!.setEncoding('utf8'), 'data').then(([text]) => String(text).trim());
  return Object.assign(child, { said });
}
