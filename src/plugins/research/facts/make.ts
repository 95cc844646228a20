import type { Commands, FactReader } from './facts.ts';

const TARGETS: readonly (keyof Commands)[] = ['test', 'lint', 'build'];

/** Projects with a Makefile. */
export const make: FactReader = async (folder) => {
  const file = ['Makefile', 'makefile', 'GNUmakefile'].find((name) => folder.names.has(name));
  if (!file) return undefined;
  const text = await folder.read(file);
  const found = TARGETS.filter((target) => new RegExp(`^${target}\\s*:(?!=)`, 'm').test(text));
  return {
    languages: [],
    commands: Object.fromEntries(found.map((target) => [target, `make ${target}`])),
    packages: [],
  };
};
