import type { Dependency, Facts, Known } from './facts.ts';
import { isPlainName, versionIn } from './plain.ts';

const MOST_FRAMEWORKS = 10;
const MOST_PACKAGES = 40;

/** What everybody calls the known packages that are used, with their versions. Where there are several ecosystems, they take turns. */
export function frameworksIn(all: readonly Facts[]): string[] {
  const lists = all.map(({ known = new Map(), dependencies = [] }) => {
    const used = merged(dependencies).filter(({ name }) => known.has(name));
    return used.toSorted(by(known)).map(({ name, version }) => [known.get(name), version] as const);
  });
  const longest = Math.max(0, ...lists.map((list) => list.length));
  const turns = Array.from({ length: longest }, (_, turn) => lists.flatMap((list) => list.slice(turn, turn + 1)));
  const labels = new Map<string, string | undefined>();
  for (const [label, version] of turns.flat()) labels.set(label, labels.get(label) ?? version);
  return [...labels].map(lineOf).slice(0, MOST_FRAMEWORKS);
}

/** The packages with their versions, as they may be told to others: known ones first, those for building and testing last. */
export function packagesIn(all: readonly Facts[]): string[] {
  const lists = all.map(({ known = new Map(), dependencies = [] }) => {
    const sorted = merged(dependencies.filter(({ name }) => isPlainName(name))).sort(by(known));
    return Object.groupBy(sorted, ({ name, dev }) => (known.has(name) ? 'known' : dev ? 'dev' : 'runtime'));
  });
  return (['known', 'runtime', 'dev'] as const)
    .flatMap((kind) => lists.flatMap((list) => list[kind] ?? []))
    .map(({ name, version }) => lineOf([name, version]))
    .slice(0, MOST_PACKAGES);
}

const lineOf = ([name, version]: readonly [string, string | undefined]) => (version ? `${name} ${version}` : name);

/** In the order of a table, with those that are not in it after those that are, as they came. */
function by(known: Known): (a: Dependency, b: Dependency) => number {
  const ranks = new Map([...known.keys()].map((name, rank) => [name, rank]));
  return (a, b) => (ranks.get(a.name) ?? ranks.size) - (ranks.get(b.name) ?? ranks.size);
}

/** Each package once, with the newest version that is named. */
function merged(dependencies: readonly Dependency[]): Dependency[] {
  const found = new Map<string, Dependency>();
  for (const { version, ...one } of dependencies) {
    const before = found.get(one.name);
    found.set(one.name, { ...(before ?? one), version: newer(before?.version, versionIn(version)) });
  }
  return [...found.values()];
}

function newer(one: string | undefined, other: string | undefined): string | undefined {
  if (one === undefined || other === undefined || one === other) return one ?? other;
  return one.localeCompare(other, 'en', { numeric: true }) < 0 ? other : one;
}
