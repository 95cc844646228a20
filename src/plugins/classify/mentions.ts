import type { Names } from './reading.ts';
import { matchAt, withoutEnd } from './scan.ts';

/** The `@names` of a prefix, and where they end. */
export interface Mentions {
  readonly repository?: string;
  readonly agent?: string;
  /** Another repository than that one, named beside it. */
  readonly other?: string;
  /** The first name that is neither a repository nor an agent. */
  readonly unknown?: string;
  readonly count: number;
  readonly end: number;
}

const AT = /\s*@ ?([^\s:,;@"'()[\]{}]+)/y;
const SPOKEN = /\s+at\s+/iy;
const PLAIN = /\s*(?:[/([]|(?:in|for|on)\s+)?/iy;
const CLOSE = /[)\]]?/y;
const COLON = /\s*:|\s+colon\b/iy;
const NAME_END = /(?![\p{L}\p{N}_/-])/uy;

/**
 * Reads "@app", "@ app" and, for configured names only, "at app", "app:", "in app:" and "(app):". With `only
 * known` an unknown @name is left alone: it belongs to the request.
 */
export function readMentions(text: string, start: number, names: Names, only?: 'known'): Mentions {
  let found: Mentions = { count: 0, end: start };
  for (let next = one(text, start, names, only); next; next = one(text, found.end, names, only)) {
    const { name, end } = next;
    const kind = kindOf(name, names, found);
    found = { ...found, ...(kind ?? { unknown: found.unknown ?? name }), count: found.count + 1, end };
  }
  return found;
}

function one(text: string, place: number, names: Names, only?: 'known'): { name: string; end: number } | undefined {
  const at = matchAt(AT, text, place);
  if (at) {
    const name = withoutEnd(at[1]!, /[.!?]/);
    const known = configured(name, names) !== undefined;
    if (!known && (only || !/^[\p{L}\p{N}][\w.-]*$/u.test(name))) return undefined;
    return { name, end: place + at[0].length - (at[1]!.length - name.length) };
  }
  if (only) return undefined;
  const spoken = matchAt(SPOKEN, text, place);
  if (spoken) return nameAt(text, place + spoken[0].length, names);
  const bare = nameAt(text, place + matchAt(PLAIN, text, place)![0].length, names);
  const end = bare && bare.end + matchAt(CLOSE, text, bare.end)![0].length;
  return end !== undefined && matchAt(COLON, text, end) ? { name: bare!.name, end } : undefined;
}

function nameAt(text: string, place: number, names: Names): { name: string; end: number } | undefined {
  const isAhead = (name: string) => text.slice(place, place + name.length).toLowerCase() === name.toLowerCase();
  const fits = [...names.repositories, ...names.agents]
    .filter((name) => isAhead(name) && matchAt(NAME_END, text, place + name.length))
    .sort((a, b) => b.length - a.length)[0];
  return fits === undefined ? undefined : { name: fits, end: place + fits.length };
}

/** The configured spelling of a name, in any case. */
function configured(name: string, names: Names): string | undefined {
  const same = (other: string) => other.toLowerCase() === name.toLowerCase();
  return names.repositories.find(same) ?? names.agents.find(same);
}

/** A repository goes before an agent of the same name, unless the repository is already known. */
function kindOf(name: string, names: Names, found: Mentions): Partial<Mentions> | undefined {
  const same = (other: string) => other.toLowerCase() === name.toLowerCase();
  const repository = names.repositories.find(same);
  const agent = names.agents.find(same);
  if (repository !== undefined && (found.repository === undefined || agent === undefined)) {
    return found.repository === undefined || found.repository === repository ? { repository } : { other: repository };
  }
  return agent === undefined ? undefined : { agent };
}
