import type { Folder } from './folder.ts';
import { isPublic } from './hosts.ts';
import { fromToml, tableAt } from './manifest.ts';
import { entriesBelow } from './yaml-lines.ts';

/** What a repository says about where its packages come from. */
export interface Registries {
  /** Scopes with a registry of their own: `@corp`. */
  readonly scopes: readonly string[];
  /** Everything comes, or may come, from a registry that the repository names, which may hold private packages under any name. */
  readonly replaced: boolean;
}

const SETTINGS = ['.npmrc', '.yarnrc', '.yarnrc.yml', 'pnpm-workspace.yaml', 'bunfig.toml'];

/** Reads the settings of npm, pnpm, yarn and bun. */
export async function registriesOf(folder: Folder): Promise<Registries> {
  const texts = await Promise.all(SETTINGS.map((name) => folder.read(name)));
  const [npm, classic, yarn, pnpm, bun] = texts;
  const lines = [
    ...`${npm}\n${classic}`.matchAll(/^[ \t]*"?(?:(@[^:\s"=]+):)?registry"?[ \t]*[= \t][ \t]*["']?([^\s"']*)/gm),
  ];
  const install = tableAt(fromToml(bun!), 'install');
  const named = [
    ...lines.flatMap(([, scope, address]) => scope ?? (isPublic(address!) ? [] : 'default')),
    ...entriesBelow(pnpm!, 'registries').map(([name]) => name),
    ...entriesBelow(yarn!, 'npmScopes').map(([name]) => name),
    ...Object.keys(tableAt(install, 'scopes')),
  ];
  const unread = SETTINGS.some((name, index) => folder.has(name) && texts[index] === '');
  const replaced =
    unread ||
    named.includes('default') ||
    /^(?:npmRegistryServer|registry):/m.test(`${yarn}\n${pnpm}`) ||
    'registry' in install;
  return { scopes: named.map((name) => (name.startsWith('@') ? name : `@${name}`)), replaced };
}
