import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { JobView } from '../../pipeline/store/job-store.ts';
import { openPrivateFile } from '../../plugins/execute/process/private-file.ts';
import { transcript } from '../../plugins/execute/transcript.ts';
import { short } from '../command-line/terminal.ts';

/** How much of the end of an output is looked at, in bytes: a tool of an agent may have returned a great deal. */
const END = 256 * 1024;
/** Characters of what it does. */
const SHOWN = 80;

/** What a request in work does now, cleaned: the last thing its agent or command said, else its last notice. */
export async function doingNow({ id, notices }: JobView, folder: string): Promise<string | undefined> {
  const told = notices.findLast(({ notice }) => notice.kind !== 'reply' && notice.kind !== 'question')?.notice.title;
  const text = (await lastSaidIn(await newestFirst(folder, id))) ?? told;
  return text === undefined ? undefined : short(text, SHOWN);
}

/** The outputs of a request, the one that was written last first. */
async function newestFirst(folder: string, id: string): Promise<readonly string[]> {
  const names = (await readdir(folder).catch(() => [])).filter(
    (name) => name.endsWith('.out') && (name.startsWith(`${id}.`) || name.startsWith(`${id}-`)),
  );
  const found = await Promise.all(
    names.map(async (name) => ({
      path: join(folder, name),
      at: (await stat(join(folder, name)).catch(() => undefined))?.mtimeMs ?? 0,
    })),
  );
  return found.sort((a, b) => b.at - a.at).map(({ path }) => path);
}

/** What only begins has said nothing yet, nor has an output that cannot be read or has just gone. */
async function lastSaidIn(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const said = await lastSaid(path).catch(() => undefined);
    if (said !== undefined) return said;
  }
  return undefined;
}

async function lastSaid(path: string): Promise<string | undefined> {
  await using file = await openPrivateFile(path);
  const { size } = await file.stat();
  const start = Math.max(0, size - END);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
  const text = buffer.toString('utf8', 0, bytesRead);
  // The first line was cut, and the last one may still be being written.
  const whole = text.slice(start === 0 ? 0 : text.indexOf('\n') + 1, text.lastIndexOf('\n') + 1);
  return whole.split('\n').flatMap(transcript()).at(-1);
}
