import { accessSync, constants, lstatSync, mkdirSync, type Stats, statfsSync, statSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import type { Folders } from '../src/pipeline/services.ts';
import type { Problem } from '../src/pipeline/setup/problems.ts';

/** The variable that names each folder. */
const VARIABLES = { state: 'STATE_DIR', output: 'OUTPUT_DIR', logs: 'LOG_DIR' } as const;

/**
 * Makes sure that each folder is there, is Milton's own, and that nobody else can write to it; what is missing is created
 * with mode 0700, unless `create` is false: then whether it could be is all that is looked at.
 */
export function prepareFolders(folders: Folders, { create = true }: { create?: boolean } = {}): Problem[] {
  const places = Object.entries(VARIABLES) as [keyof Folders, string][];
  const bad: string[] = [];
  return places.flatMap(([key, variable]) => {
    const path = folders[key];
    // What is wrong with a folder is wrong with those in it, and told once.
    if (bad.some((outer) => path.startsWith(`${outer}${sep}`))) return [];
    const problem = prepareFolder(path, create);
    if (!problem) return [];
    bad.push(path);
    return [{ where: variable, ...problem }];
  });
}

type Finding = Omit<Problem, 'where'>;

function prepareFolder(path: string, create: boolean): Finding | undefined {
  try {
    const before = look(path);
    const problem = (before && badFolder(path, before)) ?? badParents(path) ?? closed(path);
    if (problem || before || !create) return problem;
    make(path);
    const made = look(path);
    return made && badFolder(path, made);
  } catch (error) {
    return { what: `${path} cannot be used: ${(error as Error).message}`, repair: REPAIR };
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

/** What is at a path, links not followed; undefined also where a parent is a file, which `badParents` tells better. */
function look(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
    throw error;
  }
}

function badFolder(path: string, found: Stats): Finding | undefined {
  if (found.isSymbolicLink()) return { what: `${path} is a symbolic link`, repair: 'Name the folder it points to' };
  if (!found.isDirectory())
    return { what: `${path} is not a folder`, repair: 'Name another one, or move the file away' };
  if (found.uid !== userId()) return { what: `${path} belongs to another user`, repair: 'Name a folder of your own' };
  if (found.mode & 0o022) return { what: `other users can write to ${path}`, repair: `Run: chmod 700 ${path}` };
  return undefined;
}

/** Whoever can write to a parent can put another folder in this one's place; a sticky one such as /tmp protects it. */
function badParents(path: string): Finding | undefined {
  for (let parent = dirname(path); ; parent = dirname(parent)) {
    const found = look(parent) && statSync(parent);
    if (found && !found.isDirectory()) return { what: `${parent} is not a folder`, repair: 'Name another place' };
    if (found && found.uid !== userId() && found.uid !== 0) {
      return { what: `${parent}, which it is in, belongs to another user`, repair: 'Name a folder of your own' };
    }
    if (found && found.mode & 0o002 && !(found.mode & 0o1000)) {
      return { what: `every user can write to ${parent}, which it is in`, repair: `Run: chmod o-w ${parent}` };
    }
    if (parent === dirname(parent)) return undefined;
  }
}

const userId = () => process.getuid?.() ?? 0;
