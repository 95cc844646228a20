import type { Dependency, FactReader, Facts, Member } from './facts.ts';
import { NODE } from './frameworks.ts';
import { nodeSources } from './locks.ts';
import { fromJson, tableAt, textOf, textsOf } from './manifest.ts';
import { type Place, type Places, placesOf } from './members.ts';
import { commandsOf, managerOf, type Package } from './node-commands.ts';
import { installedIn } from './node-lock.ts';
import { registriesOf } from './node-registries.ts';
import { versionIn } from './plain.ts';
import { entriesBelow, itemsBelow } from './yaml-lines.ts';

const KINDS = ['dependencies', 'peerDependencies', 'devDependencies'];

/** npm, pnpm, yarn and bun projects. */
export const node: FactReader = async (folder) => {
  if (!folder.has('package.json')) return undefined;
  const root = await packageIn({ path: '', folder });
  const pnpm = await folder.read('pnpm-workspace.yaml');
  const { places, whole } = await workspaceOf(root, pnpm);
  const members = await Promise.all(places.map(packageIn));
  const packages = [root, ...members] as const;
  const typed = packages.some(isTyped);
  const { dependencies, own, replaced } = await dependenciesOf(packages, whole, new Map(entriesBelow(pnpm, 'catalog')));
  return {
    languages: [typed ? 'TypeScript' : 'JavaScript'],
    packageManager: managerOf(root),
    commands: commandsOf(packages),
    scripted: true,
    ...{ dependencies, own, replaced },
    known: NODE,
    members: members.map((one): Member => ({ path: one.path, language: isTyped(one) ? 'TypeScript' : 'JavaScript' })),
  } satisfies Facts;
};

const packageIn = async (place: Place): Promise<Package> => ({
  ...place,
  manifest: fromJson(await place.folder.read('package.json')),
});

const isTyped = ({ folder, manifest }: Package) =>
  folder.has('tsconfig.json') || KINDS.some((kind) => 'typescript' in tableAt(manifest, kind));

async function workspaceOf({ folder, manifest }: Package, pnpm: string): Promise<Places> {
  const { workspaces } = manifest;
  const patterns = [...textsOf(workspaces), ...textsOf(tableAt(workspaces).packages), ...itemsBelow(pnpm, 'packages')];
  return placesOf(folder, patterns, (one) => one.has('package.json'));
}

/** Without what may be private: what comes from elsewhere than the registry, the project's own scopes and packages, and scopes with a registry of their own. */
async function dependenciesOf(
  packages: readonly [Package, ...Package[]],
  whole: boolean,
  catalog: ReadonlyMap<string, string>,
): Promise<Required<Pick<Facts, 'dependencies' | 'own' | 'replaced'>>> {
  const root = packages[0].folder;
  const [registries, installed, sources] = await Promise.all([
    registriesOf(root),
    installedIn(root),
    nodeSources(root),
  ]);
  const own = new Set(packages.map(({ manifest }) => textOf(manifest.name)));
  const hidden = new Set([...registries.scopes, ...[...own].map(scopeOf)].filter((scope) => scope !== undefined));
  // A member without a name may be one that could not be read.
  const replaced = registries.replaced || sources.unread;
  const unsure = !whole || replaced || packages.slice(1).some(({ manifest }) => !textOf(manifest.name));
  const dependencies = KINDS.flatMap((kind) =>
    packages.flatMap(({ manifest }) =>
      Object.entries(tableAt(manifest, kind)).flatMap(([name, declared]): Dependency[] => {
        const range = textOf(declared) === 'catalog:' ? catalog.get(name) : declared;
        const elsewhere = installed.elsewhere.has(name) || /[/:]/.test(textOf(range));
        const version = elsewhere ? undefined : (installed.versions.get(name) ?? versionIn(range));
        const isOwn = own.has(name) || hidden.has(scopeOf(name) ?? '');
        if (isOwn || ((unsure || sources.elsewhere.has(name) || version === undefined) && !NODE.has(name))) return [];
        return [{ name, version, dev: kind === 'devDependencies' }];
      }),
    ),
  );
  return { dependencies, own: [...own, ...hidden], replaced };
}

const scopeOf = (name: string) => /^(@[^/]+)\//.exec(name)?.[1];
