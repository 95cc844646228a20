/** The folders of this machine that notices speak of; absolute. */
export interface Places {
  readonly home: string;
  /** A folder with a copy of a repository for each request. */
  readonly worktrees: string;
  readonly repositories: readonly string[];
  /** Others of Milton's own. */
  readonly folders: readonly string[];
}

/** What paths begin with on a Unix, in an expression, so that a route (`/api/login`, `/users`) is none. */
export const ROOTS = 'home|Users|root|var|tmp|opt|etc|srv|mnt|media|private|usr|run|Volumes|Library|Applications';
/** What a path is made of; a line's number behind it is not a part of it. */
const PART = /[^\s"'`<>|()[\]{},;:*?!…]/.source;
/** Not within an address, another path or a word. */
const BEGINS = /(?<=file:\/\/)|(?<![\w.~/\\-])/.source;

/**
 * Makes what takes absolute paths out of a text: those in a copy or a repository begin there, those at home at `~`, and of any other the
 * last part is left.
 */
export function pathShortener({ home, worktrees, repositories, folders }: Places): (text: string) => string {
  const known = [home, worktrees, ...repositories, ...folders]
    .filter((path) => path.length > 1)
    .sort((a, b) => b.length - a.length);
  const literal = known.map((path) => `${escaped(path)}(?!${PART.replace('^', '^/')})`);
  const path = new RegExp(`(?:${BEGINS})(?:${[...literal, `/(?:${ROOTS})(?=/)`].join('|')})${PART}*`, 'g');
  // Where no path is expected: glued to an option, or encoded; but not the path of a page.
  const anywhere = known.filter((each) => each.indexOf('/', 1) > 0).flatMap((each) => [each, encodeURIComponent(each)]);
  const rest = new RegExp(`(?:${anywhere.map(escaped).join('|') || '(?!)'})(?<!https?:\\/\\/\\S{1,512})`, 'g');
  return (text) => (text.includes('/') || text.includes('%2F') ? text.replace(path, short).replace(rest, '…') : text);

  function short(found: string): string {
    // The end of a sentence is no part of it.
    let end = found.length;
    while (found[end - 1] === '.') end--;
    return placed(found.slice(0, end)) + found.slice(end);
  }

  function placed(whole: string): string {
    const copy = below(worktrees, whole)?.split('/');
    if (copy && copy.length > 1) return copy.slice(1).join('/') || '.';
    for (const repository of repositories) {
      const inside = below(repository, whole);
      if (inside) return inside;
    }
    const own = below(home, whole);
    if (own !== undefined && !repositories.includes(whole)) return own === '' ? '~' : `~/${own}`;
    return `…/${whole.replace(/\/+$/, '').split('/').at(-1)}`;
  }
}

const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

/** The rest of a path below a folder; empty where it is the folder itself. */
function below(folder: string, path: string): string | undefined {
  if (folder.length < 2) return undefined;
  if (path === folder) return '';
  return path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : undefined;
}
