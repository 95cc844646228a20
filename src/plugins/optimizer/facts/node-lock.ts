import type { Folder } from './folder.ts';
import { hostOf } from './hosts.ts';
import { fromJson, tableAt, textOf } from './manifest.ts';

/** What npm has noted of the packages at the top of `node_modules`. */
export interface Installed {
  readonly versions: ReadonlyMap<string, string>;
  /** Those that came from another place than most: a link, a repository, a registry of their own. */
  readonly elsewhere: ReadonlySet<string>;
}

/** Reads npm's lock file, unless it is a long one. */
export async function installedIn(folder: Folder): Promise<Installed> {
  const { packages } = fromJson(await folder.read('package-lock.json'));
  const found = Object.entries(tableAt(packages)).flatMap(([path, entry]) => {
    const [, name] = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path) ?? [];
    const { version, resolved } = tableAt(entry);
    return name === undefined ? [] : [{ name, version: textOf(version), host: hostOf(textOf(resolved)) }];
  });
  const hosts = Map.groupBy(found, ({ host }) => host);
  const [usual] = [...hosts].sort(([, a], [, b]) => b.length - a.length)[0] ?? [];
  return {
    versions: new Map(found.map(({ name, version }) => [name, version])),
    elsewhere: new Set(found.filter(({ host }) => host !== usual).map(({ name }) => name)),
  };
}
