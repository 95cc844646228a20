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
  // An output that cannot be read, or has just gone, says nothing.
  const said = await lastSaid(await newest(folder, id)).catch(() => undefined);
  const told = notices.findLast(({ notice }) => notice.kind !== 'reply' && notice.kind !== 'question')?.notice.title;
  const text = said ?? told;
  return text === undefined ? undefined : short(text, SHOWN);
}

/** The output of a request that was written last. */
async function newest(folder: string, id: string): Promise<string | undefined> {
  const names = (await readdir(folder).catch(() => [])).filter(
    (name) => name.endsWith('.out') && (name.startsWith(`${id}.`) || name.startsWith(`${id}-`)),
  );
  const found = await Promise.all(
    names.map(async (name) => ({
      path: join(folder, name),
      at: (await stat(join(folder, name)).catch(() => undefined))?.mtimeMs ?? 0,
    })),
  );
  return found.sort((a, b) => b.at - a.at)[0]?.path;
}

async function lastSaid(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  await using file = await openPrivateFile(path);
  const { size } = await file.stat();
  const start = Math.max(0, size - END);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
  const text = buffer.toString('utf8', 0, bytesRead);
  // The first line was cut, and the last one may still be being written.
  const whole = text.slice(start === 0 ? 0 : text.indexOf('\n') + 1, text.lastIndexOf('\n') + 1);
  return whole.split('\n').flatMap(transcript()).at(-1);
}
