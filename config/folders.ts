import { accessSync, closeSync, constants, fchmodSync, mkdirSync, openSync, type Stats, statfsSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import type { Folders } from '../src/pipeline/services.ts';
import type { Problem } from '../src/pipeline/setup/problems.ts';
import { look, wayTo } from './way.ts';

/** What keeps folders from being used, and what was or is to be mended in them. */
interface Findings {
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

interface Place {
  /** What names it. */
  readonly where: string;
  readonly path: string;
  /** It is made when there is something to put into it. */
  readonly later?: true;
  /** Other things may be in it, which others may read. */
  readonly shared?: true;
}

/** Milton's folders, with that of the keys, and that of the database where it is another one. */
export type AllFolders = Folders & { readonly keys: string; readonly database?: string | undefined };

/**
 * Makes sure that each folder is there, is the person's own, and that nobody else can read it or write to it; what is missing is
 * created, and what others can read is closed, unless `create` is false: then whether it could be is all that is looked at.
 */
export function prepareFolders(
  { state, output, logs, keys, database }: Folders & Partial<AllFolders>,
  { create = true }: { create?: boolean } = {},
): Findings {
  const places: Place[] = [
    { where: 'STATE_DIR', path: state },
    { where: 'OUTPUT_DIR', path: output },
    { where: 'LOG_DIR', path: logs },
    { where: 'STATE_DIR', path: join(state, 'agents'), later: true },
    { where: 'STATE_DIR', path: join(state, 'worktrees'), later: true },
    ...(keys === undefined ? [] : [{ where: '~/.config/milton', path: keys, later: true } as const]),
    ...(database === undefined
      ? []
      : [{ where: 'sqlite({ file })', path: database, later: true, shared: true } as const]),
  ];
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  const bad: string[] = [];
  for (const place of places) {
    const { where, path } = place;
    // What is wrong with a folder is wrong with those in it, and told once.
    if (bad.some((outer) => path.startsWith(`${outer}${sep}`))) continue;
    const { problem, warning } = prepareFolder(place, create);
    if (problem) problems.push({ where, ...problem });
    if (problem) bad.push(path);
    if (warning) warnings.push({ where, ...warning });
  }
  return { problems, warnings };
}

type Finding = Omit<Problem, 'where'>;

function prepareFolder({ path, later, shared }: Place, create: boolean): { problem?: Finding; warning?: Finding } {
  try {
    const before = look(path);
    if (!before && later) return {};
    const problem = (before && badFolder(path, before)) ?? badParents(path) ?? (later ? undefined : closed(path));
    if (problem) return { problem };
    if (before) return before.mode & 0o077 && !shared ? { warning: keepToOwner(path, create) } : {};
    if (!create) return {};
    make(path);
    const made = look(path);
    const spoilt = made && badFolder(path, made);
    return spoilt ? { problem: spoilt } : {};
  } catch (error) {
    return { problem: { what: `${path} cannot be used: ${(error as Error).message}`, repair: REPAIR } };
  }
}

const REPAIR = 'Name a folder you can write to';

/** Level by level: Node's own recursive way never returns where the system says that a parent is missing and is there. */
function make(path: string): void {
  if (look(path)) return;
  make(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function keepToOwner(path: string, now: boolean): Finding {
  if (!now) {
    return { what: `other users can read ${path}`, repair: 'milton start changes that', mode: { path, mode: 0o700 } };
  }
  const folder = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    fchmodSync(folder, 0o700);
  } finally {
    closeSync(folder);
  }
  return { what: `other users could read ${path}`, repair: 'It has mode 0700 now' };
}

/** The file systems in which Linux shows its own state (proc and sysfs); nothing can be made there, not even by root. */
const VIRTUAL: ReadonlySet<number> = new Set([0x9fa0, 0x62656572]);

/** What keeps files from being made in a folder, or the folder itself from being made. */
function closed(path: string): Finding | undefined {
  let place = path;
  while (!look(place)) place = dirname(place);
  const cannot = place === path ? `${path} cannot be written to` : `${path} cannot be created in ${place}`;
  if (VIRTUAL.has(statfsSync(place).type)) return { what: `${cannot}: it belongs to the system`, repair: REPAIR };
  try {
    accessSync(place, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return { what: `${cannot}: ${(error as NodeJS.ErrnoException).code}`, repair: REPAIR };
  }
}

function badFolder(path: string, found: Stats): Finding | undefined {
  if (found.isSymbolicLink()) return { what: `${path} is a symbolic link`, repair: 'Name the folder it points to' };
  if (!found.isDirectory())
    return { what: `${path} is not a folder`, repair: 'Name another one, or move the file away' };
  if (found.uid !== userId()) return { what: `${path} belongs to another user`, repair: 'Name a folder of your own' };
  if (found.mode & 0o022) {
    return { what: `other users can write to ${path}`, repair: `Run: chmod 700 ${path}`, mode: { path, mode: 0o700 } };
  }
  return undefined;
}

/** Whoever can change something on the way can put another folder in this one's place; a sticky one such as /tmp protects it. */
function badParents(path: string): Finding | undefined {
  for (const { place, found } of wayTo(path)) {
    const link = found.isSymbolicLink();
    if (!link && !found.isDirectory()) return { what: `${place} is not a folder`, repair: 'Name another place' };
    if (found.uid !== userId() && found.uid !== 0) {
      return { what: `${place}, which it is in, belongs to another user`, repair: 'Name a folder of your own' };
    }
    if (!link && found.mode & 0o002 && !(found.mode & 0o1000)) {
      return { what: `every user can write to ${place}, which it is in`, repair: `Run: chmod o-w ${place}` };
    }
  }
  return undefined;
}

const userId = () => process.getuid?.() ?? 0;
