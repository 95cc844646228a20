import type { Folder } from './folder.ts';
import { hostOf, isPublic, labelOf } from './hosts.ts';
import { fromJson, tableAt, tablesOf, textOf } from './manifest.ts';

/** Longer ones would take longer to read than everything else together. */
const LONGEST = 4 * 1024 * 1024;
/** Where composer's public packages lie. */
const FORGES = new Set(['github', 'gitlab', 'bitbucket']);

/** What lock files say about where packages come from. */
export interface Sources {
  /** Those that come from a place that not everybody can read. */
  readonly elsewhere: ReadonlySet<string>;
  /** A lock is there that cannot be read, so that any package may come from such a place. */
  readonly unread: boolean;
}

// Where a lock of lines begins a package, and where it says what address that comes from.
const YARN = /^"?((?:@[^/@\s"]+\/)?[^/@\s"]+)@|^ {2}(?:resolved "|resolution: ".*__archiveUrl=)(https?[^"\n]+)/gm;
const PNPM = /^ {2}["']?\/?((?:@[^/@\s"']+\/)?[^/@\s"':]+)[@/]|\btarball: ['"]?(https?:[^\s}'",]+)/gm;
const PYTHON = /^name = "([^"\n]+)"|^(?:source = \{ (?:registry|url|git) = |url = )"([^"\n]+)"/gm;

/** Reads the locks of npm, yarn and pnpm. */
export const nodeSources = (folder: Folder): Promise<Sources> =>
  sourcesIn(folder, {
    'package-lock.json': ofNpm,
    'npm-shrinkwrap.json': ofNpm,
    'yarn.lock': (text) => ofLines(text, YARN),
    'pnpm-lock.yaml': (text) => ofLines(text, PNPM),
  });

/** Reads the locks of uv and poetry. */
export const pythonSources = (folder: Folder): Promise<Sources> =>
  sourcesIn(folder, {
    'uv.lock': (text) => ofLines(text, PYTHON),
    'poetry.lock': (text) => ofLines(text, PYTHON),
  });

/** Reads the lock of composer. */
export const phpSources = (folder: Folder): Promise<Sources> =>
  sourcesIn(folder, {
    'composer.lock': (text) => {
      const lock = fromJson(text);
      return [lock.packages, lock['packages-dev']].flatMap(tablesOf).flatMap((one) => {
        const address = textOf(tableAt(one, 'dist').url);
        return address === '' || FORGES.has(labelOf(hostOf(address))) ? [] : [textOf(one.name)];
      });
    },
  });

async function sourcesIn(
  folder: Folder,
  readers: Readonly<Record<string, (text: string) => readonly string[]>>,
): Promise<Sources> {
  const found = await Promise.all(
    Object.entries(readers).map(async ([name, read]) => {
      const text = await folder.readLock(name, LONGEST);
      return text === undefined ? undefined : read(text);
    }),
  );
  return { elsewhere: new Set(found.flatMap((names) => names ?? [])), unread: found.includes(undefined) };
}

function ofNpm(text: string): string[] {
  const { packages, dependencies } = fromJson(text);
  return [...Object.entries(tableAt(packages)), ...Object.entries(tableAt(dependencies))].flatMap(([path, entry]) => {
    const address = textOf(tableAt(entry).resolved);
    return hostOf(address) === '' || isPublic(address) ? [] : [path.replace(/^.*node_modules\//, '')];
  });
}

function ofLines(text: string, lines: RegExp): string[] {
  const found: string[] = [];
  let name = '';
  for (const [, begun, address] of text.matchAll(lines)) {
    name = begun ?? name;
    if (address !== undefined && !isPublic(address.replace(/%3A/i, ':').replaceAll(/%2F/gi, '/'))) found.push(name);
  }
  return found;
}
