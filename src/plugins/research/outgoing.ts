import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { ROOTS } from '../../pipeline/privacy/short-paths.ts';
import { withoutDiffs } from '../../pipeline/privacy/without-diffs.ts';
import type { Clean } from '../../pipeline/services/clean.ts';
import type { RepositoryFacts } from '../optimizer/repository-facts.ts';
import { withoutSource } from './without-source.ts';

/** What of this machine must not be told. */
interface Here {
  readonly clean: Clean;
  /** Absolute paths of the home folder and of the repository; '' = not known. */
  readonly home: string;
  readonly repository: string;
}

/** What may leave this machine; `whole` = nothing of the request had to be taken out. */
export interface Outgoing {
  readonly text: string;
  readonly whole: boolean;
}

/** Up to the end of a path; a space within it is known only between quotation marks. */
const REST = String.raw`[^\s"'\`<>|,;()\[\]{}]*`;
/** What else machines for work and containers have; what might be a route (`/data/export`) has to go deeper to be a path. */
const BEGINNINGS = String.raw`\/(?:(?:${ROOTS}|workspaces?)\/|(?:data|work)(?:\/[^\s\/]+){2}\/)`;
/** Folders of this machine, wherever they stand; a route such as /api/login is part of the request and stays. */
const PATHS = new RegExp(
  [
    String.raw`(?<![\w.~/-])(?:file:\/\/)?${BEGINNINGS}${REST}`,
    String.raw`(?<![\w\\])[A-Za-z]:[\\/](?!\/)${REST}`,
    String.raw`(?<![\w\\])\\\\\w${REST}`,
    String.raw`(?<![\w~])(?:~|\$\{?(?:HOME|PWD|TMPDIR)\}?|%(?:USERPROFILE|APPDATA|TEMP)%)[\\/]${REST}`,
    String.raw`(?:file|webpack):\/\/\/${REST}`,
  ].join('|'),
  'g',
);
/** The same with spaces in it, between quotation marks. */
const QUOTED = new RegExp(String.raw`(["'])(?:${BEGINNINGS}|~[\\/]|[A-Za-z]:[\\/])[^"'\n]*\1`, 'g');

/** Parts of a path with a slash between them, such as may be a file or a folder of the repository. */
const PART = String.raw`[\p{L}\p{N}\p{M}_@.+-]`;
const BELOW = new RegExp(
  String.raw`(?<![\p{L}\p{N}_@:/.\\-])(?:\.{1,2}[\\/])?(?:${PART}+[\\/])+${PART}*(?::\d+){0,2}(?![\p{L}\p{N}_/])`,
  'gu',
);
const CODE_FILE =
  /\.(?:[cm]?[jt]sx?|vue|svelte|py|pyi|rs|go|java|kts?|scala|rb|php|cs|fs|swift|mm?|cc?|cpp|hh?|hpp|ex|exs|erl|hs|ml|dart|lua|sh|bash|ps1|sql|proto|graphql|html?|s?css|less|json5?|ya?ml|toml|ini|cfg|conf|env[.\w]*|lock|mdx?|txt|csv|xml|ipynb|tf|gradle)$/i;
/** What is called like a file and is none. */
const PRODUCT =
  /(?:^|[\\/])(?:node|next|nuxt|nest|vue|react|express|ember|three|d3|chart|solid|alpine|discord|socket)\.(?:js|io)$/i;
/** Begins with the name of a host. */
const HOST = /^[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|io|dev|app|co|ai|edu|gov|eu|de|uk|example)\//i;

/**
 * All that leaves this machine for research: the request, and the names and versions of public packages. Secrets, source code and
 * paths are taken out of the request; of the repository nothing else is read.
 */
export function outgoing(
  text: string,
  facts: Pick<RepositoryFacts, 'languages' | 'packages'>,
  { clean, home, repository }: Here,
): Outgoing {
  const cleaned = clean(text);
  const known = [repository, home].filter((path) => path.length > 1 && path.includes('/', 1));
  const literal = new RegExp(`(?:${known.map((path) => RegExp.escape(path)).join('|') || '(?!)'})${REST}`, 'g');
  const request = withoutSource(withoutDiffs(cleaned, '[code]'))
    .replace(literal, '[path]')
    .replace(QUOTED, '[path]')
    .replace(PATHS, '[path]')
    .replace(BELOW, (found) => placeless(found, repository));
  const stack = [...facts.languages, ...facts.packages];
  return {
    text: stack.length === 0 ? request : `${request}\n\nThe project uses: ${clean(stack.join(', '))}.`,
    whole: request === text,
  };
}

/** What looks like a path below the repository, or `[file]` or `[folder]` where it is one. */
function placeless(found: string, repository: string): string {
  // The end of a sentence is no part of it.
  const [, path = '', end = ''] = /^(.*?)([.]*)$/s.exec(found)!;
  const place = path.replace(/(?::\d+){1,2}$/, '').replaceAll('\\', '/');
  if (PRODUCT.test(place) || HOST.test(place)) return found;
  const entry = entryAt(repository, place) ?? (CODE_FILE.test(place) ? 'file' : undefined);
  return entry === undefined ? found : `[${entry}]${end}`;
}

function entryAt(repository: string, place: string): 'file' | 'folder' | undefined {
  if (repository === '' || place.split('/').includes('..')) return undefined;
  try {
    return lstatSync(join(repository, place)).isDirectory() ? 'folder' : 'file';
  } catch {
    return undefined;
  }
}
