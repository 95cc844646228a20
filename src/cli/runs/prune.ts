import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Run } from '../command-line/command.ts';
import { usageError } from '../command-line/exit-codes.ts';
import { safe } from '../command-line/terminal.ts';
import { age, moment } from '../command-line/wording.ts';
import { observe } from '../installation/observe.ts';
import { prepare, refuse } from '../installation/prepare.ts';
import { pruneWorktrees } from './prune-worktrees.ts';

const AGE = '90d';
const REPORT = /^(req_[a-z2-7]{6,16})\b/;
const LOG = /^\d{4}-\d{2}-\d{2}\.log$/;

/** `milton runs prune`: deletes old requests, their files and old logs; nothing that an open request or today's log needs. */
export const prune: Run = async ({ flags, terminal }) => {
  const older = String(flags['older-than'] ?? AGE);
  const span = age(older);
  if (span === undefined) throw usageError(`"${older}" is no age.`, 'Write it like 90d, 12h or 2w.');
  const prepared = await prepare(flags);
  // Without the configuration nobody knows where the requests are, and so which files are still needed.
  if (!prepared.config) await refuse(prepared);
  await using store = observe(prepared);
  const now = Date.now();
  const before = now - span;
  const runs = (await store?.prune(before)) ?? 0;

  const { output, logs, state } = prepared.folders;
  const today = `${moment(now).slice(0, 10)}.log`;
  let files = await removeOld(logs, before, async (name) => LOG.test(name) && name !== today);
  for (const folder of [output, join(state, 'agents')]) {
    files += await removeOld(folder, before, async (name) => {
      const id = REPORT.exec(name)?.[1];
      return id !== undefined && (await store?.get(id)) === undefined;
    });
  }
  const folders = await pruneWorktrees(join(state, 'worktrees'), before, prepared.repositories, async (id) => {
    const job = await store?.get(id);
    return job !== undefined && job.finishedAt === undefined;
  });
  if (flags.json) {
    terminal.printJson({ v: 1, runs, files, folders: folders.count, kept: folders.kept });
    return 0;
  }
  const worktrees = folders.count > 0 ? `, ${folders.count} worktrees` : '';
  terminal.talk(`Deleted ${runs} runs${worktrees} and ${files} files older than ${older}.`);
  for (const path of folders.kept) terminal.talk(`Kept, since it holds work that is on no branch: ${safe(path)}`);
  return 0;
};

/** Deletes the files last changed before a time (ms since the epoch) whose names fit; returns how many went. */
async function removeOld(folder: string, before: number, fits: (name: string) => Promise<boolean>): Promise<number> {
  let count = 0;
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (!found?.isFile() || found.mtimeMs >= before || !(await fits(name))) continue;
    await rm(path, { force: true });
    count++;
  }
  return count;
}
