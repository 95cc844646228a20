import { z } from 'zod';
import { type Commands, type FactReader, isPlainName } from './facts.ts';
import type { Folder } from './folder.ts';

const Strings = z.record(z.string(), z.unknown()).catch({});
const Manifest = z.object({
  name: z.string().catch(''),
  scripts: Strings,
  dependencies: Strings,
  devDependencies: Strings,
  packageManager: z.string().catch(''),
});

const LOCKS: readonly (readonly [string, string])[] = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
];
const SCRIPTS: Readonly<Record<keyof Commands, readonly string[]>> = {
  test: ['test'],
  lint: ['lint', 'check'],
  types: ['typecheck', 'type-check', 'types', 'tsc'],
  build: ['build'],
};

/** npm, pnpm, yarn and bun projects. */
export const node: FactReader = async (folder) => {
  if (!folder.names.has('package.json')) return undefined;
  const manifest = Manifest.safeParse(parse(await folder.read('package.json'))).data;
  if (!manifest) return { languages: ['JavaScript'], commands: {}, packages: [] };
  const declared = /^(npm|pnpm|yarn|bun)@/.exec(manifest.packageManager)?.[1];
  const manager = declared ?? LOCKS.find(([file]) => folder.names.has(file))?.[1] ?? 'npm';
  const everything = { ...manifest.dependencies, ...manifest.devDependencies };
  const typed = folder.names.has('tsconfig.json') || 'typescript' in everything;
  return {
    languages: [typed ? 'TypeScript' : 'JavaScript'],
    packageManager: manager,
    commands: commandsOf(manifest.scripts, manager),
    packages: await publicPackages(folder, manifest.name, everything),
  };
};

function commandsOf(scripts: Readonly<Record<string, unknown>>, manager: string): Commands {
  const found: Partial<Record<keyof Commands, string>> = {};
  for (const [kind, names] of Object.entries(SCRIPTS) as [keyof Commands, readonly string[]][]) {
    const name = names.find(
      (one) => typeof scripts[one] === 'string' && !/no test specified/.test(String(scripts[one])),
    );
    if (name) found[kind] = name === 'test' && manager !== 'bun' ? `${manager} test` : `${manager} run ${name}`;
  }
  return found;
}

/** Leaves out what may be private: packages from elsewhere than the registry, of the project's own scope, of a scope with its own registry. */
async function publicPackages(folder: Folder, own: string, all: Readonly<Record<string, unknown>>): Promise<string[]> {
  const settings = `${await folder.read('.npmrc')}\n${await folder.read('.yarnrc.yml')}`;
  const scopes = [...settings.matchAll(/^\s*(@[\w.-]+):registry/gm)].map((match) => match[1]!);
  const scope = /^(@[^/]+)\//.exec(own)?.[1];
  const hidden = new Set([...scopes, ...(scope ? [scope] : [])]);
  return Object.entries(all).flatMap(([name, range]) => {
    const version = typeof range === 'string' && /^[\^~>=v\s]*(\d[\w.+-]*)/.exec(range)?.[1];
    return version && isPlainName(name) && !hidden.has(name.split('/')[0]!) ? [`${name} ${version}`] : [];
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
