import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Terminal } from '../../../src/cli/command-line/terminal.ts';
import type { Prepared } from '../../../src/cli/installation/prepare.ts';
import { Followed } from '../../../src/cli/send/follow.ts';
import type { JobStore } from '../../../src/pipeline/store/job-store.ts';
import { openStore } from '../../../src/pipeline/store/sqlite.ts';

let state: string;
let store: JobStore;
let printed: string[];
let followed: Followed;

beforeEach(async () => {
  state = mkdtempSync(join(tmpdir(), 'milton-send-'));
  store = openStore(join(state, 'milton.db'), { mode: 'daemon' });
  printed = [];
  followed = await Followed.begin({ config: undefined, folders: { state } } as Prepared);
});
afterEach(async () => {
  await followed[Symbol.asyncDispose]();
  await store.close();
  rmSync(state, { recursive: true });
});

/** A request that came of a message, and is over. */
async function heard(run: string, id: string, text: string): Promise<void> {
  const message = { id, transport: 'ntfy', text, at: new Date().toISOString() };
  const acknowledge = () => ({ title: `got ${run}`, kind: 'reply' as const });
  const job = { id: run, lane: run, slots: {}, acknowledge };
  await store.accept({ run, message, seen: [id], job, effects: [], notices: [] });
  await store.settle((await store.claim(60_000))!, 'done', []);
}

async function show(id: string | undefined): Promise<string> {
  const print = (line: string) => void printed.push(line);
  const terminal: Terminal = { verbose: false, print, printJson() {}, talk() {}, style: (_style, text) => text };
  expect(await followed.show({ text: 'CODE: same', id }, { flags: {}, terminal })).toBe(0);
  return printed.join(' ');
}

test('follows its own message among those that say the same', async () => {
  await heard('req_aaaaaa', 'ntfy:a', 'CODE: same');
  await heard('req_bbbbbb', 'ntfy:b', 'CODE: same');
  expect(await show('ntfy:b')).toMatch(/got req_bbbbbb/);
  expect(printed.join(' ')).not.toMatch(/req_aaaaaa/);
});

test('follows its own message also where a step has rewritten the text', async () => {
  await heard('req_aaaaaa', 'ntfy:a', 'CODE: something else');
  expect(await show('ntfy:a')).toMatch(/got req_aaaaaa/);
});

test('goes by the text where the transport does not know the message', async () => {
  await heard('req_aaaaaa', 'desk:a', 'CODE: other');
  await heard('req_bbbbbb', 'desk:b', 'CODE: same');
  expect(await show(undefined)).toMatch(/got req_bbbbbb/);
});
