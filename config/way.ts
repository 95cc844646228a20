import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, isAbsolute, join, sep } from 'node:path';

/** As many links as Linux follows in one path. */
const MOST_LINKS = 40;

/** A folder, link or file on the way to a path, itself not followed. */
export interface Station {
  readonly place: string;
  readonly found: Stats;
}

/** What is at a path, links not followed; undefined also where a parent is a file. */
export function look(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Everything that the system passes on its way to an absolute path, link by link, as far as it exists; not the path itself. */
export function* wayTo(path: string): Generator<Station> {
  let at: string = sep;
  let rest = path.split(sep);
  yield { place: at, found: lstatSync(at) };
  for (let links = 0; rest.length > 1; ) {
    const [name = '', ...more] = rest;
    rest = more;
    if (name === '' || name === '.') continue;
    if (name === '..') {
      at = dirname(at);
      continue;
    }
    const place = join(at, name);
    const found = look(place);
    if (!found) return;
    yield { place, found };
    if (!found.isSymbolicLink()) {
      at = place;
      continue;
    }
    if (++links > MOST_LINKS) throw new Error(`${place} is a link that leads to itself`);
    const target = readlinkSync(place);
    if (isAbsolute(target)) at = sep;
    rest = [...target.split(sep), ...more];
  }
}
