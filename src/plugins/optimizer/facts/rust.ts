import type { Dependency, FactReader, Member } from './facts.ts';
import type { Folder } from './folder.ts';
import { RUST } from './frameworks.ts';
import { fromToml, type Table, tableAt, textOf, textsOf } from './manifest.ts';
import { placesOf } from './members.ts';
import { versionIn } from './plain.ts';

const KINDS = ['dependencies', 'build-dependencies', 'dev-dependencies'];

/** Rust projects. */
export const rust: FactReader = async (folder) => {
  if (!folder.has('Cargo.toml')) return undefined;
  const root = fromToml(await folder.read('Cargo.toml'));
  const workspace = tableAt(root, 'workspace');
  const patterns = [...textsOf(workspace.members), ...textsOf(workspace.exclude).map((path) => `!${path}`)];
  const { places, whole } = await placesOf(folder, patterns, (one) => one.has('Cargo.toml'));
  const crates = await Promise.all(places.map(async (place) => fromToml(await place.folder.read('Cargo.toml'))));
  const all = places.length > 0 ? ' --workspace' : '';
  const named = crates.every((crate) => textOf(tableAt(crate, 'package').name) !== '');
  const unsure = !whole || !named || (await replacesSources(await folder.open('.cargo')));
  return {
    languages: ['Rust'],
    packageManager: 'cargo',
    commands: { lint: `cargo clippy${all}`, test: `cargo test${all}`, build: `cargo build${all}` },
    dependencies: dependenciesOf([root, ...crates], tableAt(workspace, 'dependencies'), unsure),
    known: RUST,
    members: places.map(({ path }): Member => ({ path, language: 'Rust' })),
  };
};

/** Whether the settings of Cargo say where crates come from, or cannot be read. */
async function replacesSources(settings: Folder): Promise<boolean> {
  const file = ['config.toml', 'config'].find((name) => settings.has(name));
  if (file === undefined) return false;
  const text = await settings.read(file);
  return text === '' || Object.keys(tableAt(fromToml(text), 'source')).length > 0;
}

/** Without the crates of the project, and what comes from a path, a repository or another registry. */
function dependenciesOf(crates: readonly Table[], shared: Table, unsure: boolean): Dependency[] {
  const own = new Set(crates.map((crate) => textOf(tableAt(crate, 'package').name)));
  return KINDS.flatMap((kind) =>
    crates.flatMap((crate) =>
      Object.entries(tableAt(crate, kind)).flatMap(([alias, declared]) => {
        const value = tableAt(declared).workspace === true ? shared[alias] : declared;
        const table = tableAt(value);
        const name = textOf(table.package) || alias;
        const elsewhere = ['path', 'git', 'registry'].some((key) => key in table);
        const version = elsewhere ? undefined : versionIn(textOf(value) || textOf(table.version));
        if (own.has(name) || ((unsure || version === undefined) && !RUST.has(name))) return [];
        return [{ name, version, dev: kind !== 'dependencies' }];
      }),
    ),
  );
}
