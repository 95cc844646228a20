import type { Clean } from '../../pipeline/services/clean.ts';
import type { SlotValue } from '../../pipeline/slot.ts';
import type { RepositoryFacts } from '../optimizer/repository-facts.ts';
import type { verdict } from '../slots.ts';

/** Folders of this machine; a route such as /api/login is part of the request and stays. */
const LOCAL_PATHS =
  /(?<![\w.:/])(?:~|\/(?:home|Users|root|var|etc|tmp|opt|mnt|srv|private|Volumes)(?=\/)|[A-Za-z]:\\)[^\s"'`,;)]+/g;
/** A file of the repository: folders and a name with an ending. An address on the web, and a scoped package, are none. */
const FILES = /(?<![\w@:/.-])(?:\.{0,2}\/)?(?:[\w@.-]+[/\\])+[\w@-][\w.-]*\.[A-Za-z]\w{0,9}(?::\d+){0,2}(?![\w/])/g;
const SOURCE = /```[\s\S]*?(?:```|$)/g;

/**
 * All that leaves this machine for research: the request, and the names and versions of public packages. Secrets, source code and
 * paths are taken out of the request; of the repository nothing else is read.
 */
export function outgoing(
  { text }: Pick<SlotValue<typeof verdict>, 'text'>,
  facts: Pick<RepositoryFacts, 'languages' | 'packages' | 'layout'>,
  clean: Clean,
): string {
  const request = clean(text)
    .replace(SOURCE, '[code]')
    .replace(LOCAL_PATHS, '[path]')
    .replace(FILES, '[file]')
    .replace(foldersOf(facts.layout), '[folder]');
  const stack = [...facts.languages, ...facts.packages];
  return stack.length === 0 ? request : `${request}\n\nThe project uses: ${clean(stack.join(', '))}.`;
}

/** A path that begins with a folder of the repository: `src/auth`, but not `and/or`. */
function foldersOf(layout: readonly string[]): RegExp {
  const names = layout.map((entry) => entry.split('/')[0]!).filter((name) => /^[\w.-]+$/.test(name));
  const any = names.map((name) => RegExp.escape(name)).join('|') || '(?!)';
  return new RegExp(String.raw`(?<![\w@:/.-])(?:\./)?(?:${any})/[\w@./-]*`, 'g');
}
