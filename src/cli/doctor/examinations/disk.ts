import { existsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { databaseFile, usesSqlite } from '../../installation/database-file.ts';
import { at, type Examination, type Finding } from '../examination.ts';
import type { Patient } from '../patient.ts';

const MB = 1024 * 1024;
const GB = 1024 * MB;
/** Below that the next run may end half done, in bytes. */
const LITTLE = GB;
/** Below that nothing can be recorded any more. */
const FULL = 50 * MB;

const { ok, warning, failure } = at('disk');

/** Whether there is room where Milton and its agents write. */
export const disk: Examination = {
  topic: 'disk',
  examine: async (patient) => {
    const found = placesOf(patient).map((place) => roomIn(place, patient));
    const short = found.filter(({ state }) => state !== 'ok');
    return short.length > 0 ? short : found.slice(0, 1);
  },
};

function roomIn(place: string, { machine }: Patient): Finding {
  const { bavail, bsize } = machine.statfs(place);
  const room = bavail * bsize;
  const what = `${sizeOf(room)} free in ${place}`;
  const repair = `Free some space there: du -xh ${place} | sort -h | tail, and milton runs prune`;
  if (room < FULL)
    return failure('', what, { why: 'Milton records nothing on a full disk, and takes no request.', repair });
  if (room < LITTLE) return warning('', what, { why: 'Each request gets a copy of its repository.', repair });
  return ok('', what);
}

/** One place on each file system. */
function placesOf({ prepared, machine }: Patient): readonly string[] {
  const { config, folders, repositories } = prepared;
  const database = usesSqlite({ config }) ? [databaseFile({ config, folders })] : [];
  const named = [folders.state, folders.output, folders.logs, ...database, ...repositories.map(({ path }) => path)];
  const byDevice = new Map<number, string>();
  for (const path of named.filter(Boolean)) {
    const place = existing(path);
    // What the system shows of itself has no room at all, and nothing is ever put there.
    if (machine.statfs(place).blocks === 0) continue;
    const { dev } = statSync(place);
    if (!byDevice.has(dev)) byDevice.set(dev, place);
  }
  return [...byDevice.values()];
}

const existing = (path: string): string => (existsSync(path) ? path : existing(dirname(path)));

const sizeOf = (bytes: number) =>
  bytes < GB ? `${Math.floor(bytes / MB)} MB` : `${Math.floor(bytes / GB).toLocaleString('en')} GB`;
