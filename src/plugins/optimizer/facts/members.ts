import type { Folder } from './folder.ts';

/** So many folders are looked into for the members of a workspace. */
const MOST_FOLDERS = 300;
/** So deep goes `**`. */
const DEPTH = 3;

/** A folder that a workspace names. */
export interface Place {
  readonly path: string;
  readonly folder: Folder;
}

/** The folders that a workspace names; `whole` = these are certainly all of them. */
export interface Places {
  readonly places: readonly Place[];
  readonly whole: boolean;
}

/** Finds the folders that patterns such as `packages/*` name, where `!` takes some out again, and that are projects. */
export async function placesOf(
  root: Folder,
  patterns: readonly string[],
  isProject: (folder: Folder) => boolean,
): Promise<Places> {
  const search = new Search(isProject);
  const [wanted, unwanted] = [
    patterns.filter((each) => !each.startsWith('!')),
    patterns.filter((each) => each[0] === '!'),
  ];
  const found: Place[] = [];
  for (const pattern of wanted) found.push(...(await search.find(root, pattern)));
  const out = unwanted.map((pattern) => matcher(pattern.slice(1)));
  const places = [...new Map(found.map((place) => [place.path, place])).values()];
  return { places: places.filter(({ path }) => !out.some((each) => each.test(path))), whole: search.whole };
}

class Search {
  whole = true;
  #room = MOST_FOLDERS;
  readonly #isProject: (folder: Folder) => boolean;

  constructor(isProject: (folder: Folder) => boolean) {
    this.#isProject = isProject;
  }

  find(root: Folder, pattern: string): Promise<Place[]> {
    const parts = pattern.split('/').filter((part) => part !== '' && part !== '.');
    const simple =
      parts.length <= 8 &&
      parts.every((part) => part !== '..' && /^(?:\*\*|[^*?[\]{}()!]*\*?[^*?[\]{}()!]*)$/.test(part));
    this.whole &&= simple;
    return simple ? this.#below({ path: '', folder: root }, parts) : Promise.resolve([]);
  }

  async #below(at: Place, [part, ...rest]: readonly string[], depth = 0): Promise<Place[]> {
    if (part === undefined) return at.path !== '' && this.#isProject(at.folder) ? [at] : [];
    if (!part.includes('*')) return this.#enter(at, [part], rest);
    if (!at.folder.whole) this.whole = false;
    const children = at.folder.folders.filter((name) => !/^(?:\.|node_modules$)/.test(name));
    if (part !== '**') {
      const fit = matcher(part);
      return this.#enter(at, children.filter(fit.test.bind(fit)), rest);
    }
    const here = await this.#below(at, rest);
    // Within a project lies its own code.
    if (here.some(({ path }) => path === at.path)) return here;
    if (depth >= DEPTH) {
      if (children.length > 0) this.whole = false;
      return here;
    }
    return [...here, ...(await this.#enter(at, children, [part, ...rest], depth + 1))];
  }

  async #enter(at: Place, names: readonly string[], rest: readonly string[], depth = 0): Promise<Place[]> {
    const affordable = names.slice(0, Math.max(0, this.#room));
    this.#room -= names.length;
    if (affordable.length < names.length) this.whole = false;
    const found = affordable.map(async (name) => {
      const path = at.path === '' ? name : `${at.path}/${name}`;
      return this.#below({ path, folder: await at.folder.open(name) }, rest, depth);
    });
    return (await Promise.all(found)).flat();
  }
}

/** A pattern of more stars than people write would take long to try, and matches nothing. */
function matcher(pattern: string): RegExp {
  if (pattern.split('*').length > 5) return /^(?!)/;
  const parts = pattern
    .replace(/^\.?\//, '')
    .replace(/\/$/, '')
    .split(/(\*+)/);
  const source = parts.map((part) => (part === '**' ? '.*' : part === '*' ? '[^/]*' : RegExp.escape(part)));
  return new RegExp(`^${source.join('')}$`);
}
