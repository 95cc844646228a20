import { CHECKS, type Commands } from './facts.ts';
import { isHarmless } from './harmless.ts';
import { type Table, tableAt, textOf } from './manifest.ts';
import type { Place } from './members.ts';

const LOCKS = {
  'pnpm-lock.yaml': 'pnpm',
  'pnpm-workspace.yaml': 'pnpm',
  'yarn.lock': 'yarn',
  'bun.lock': 'bun',
  'bun.lockb': 'bun',
};

/** The names that scripts have for each sort of check, the usual one first. */
const SCRIPTS: Readonly<Record<keyof Commands, readonly string[]>> = {
  lint: ['lint', 'lint:check', 'lint:ci', 'check'],
  types: ['typecheck', 'type-check', 'types', 'check-types', 'check:types', 'lint:types', 'tsc', 'check'],
  test: ['test', 'test:run', 'test:ci', 'test:unit', 'ci:test', 'unit'],
  build: ['build', 'compile'],
};
/** What a check of types runs. */
const TYPES = /\b(?:tsc|vue-tsc|tsgo|svelte-check|astro check)\b/;
/** What watches unless it is told that nobody is there. */
const NEEDS_CI = /\breact-scripts test\b(?!.*--watchAll=false)/;

/** One package.json and the folder it is in. */
export interface Package extends Place {
  readonly manifest: Table;
}

/** The manager that a project is used with. */
export function managerOf({ folder, manifest }: Package): string {
  const declared = /^(npm|pnpm|yarn|bun)@/.exec(textOf(manifest.packageManager))?.[1];
  return declared ?? Object.entries(LOCKS).find(([file]) => folder.has(file))?.[1] ?? 'npm';
}

/** The scripts of a project as commands; those that only the members of its workspace have are run in all of them. */
export function commandsOf([root, ...members]: readonly [Package, ...(readonly Package[])]): Commands {
  const manager = managerOf(root);
  const found = CHECKS.map((check) => {
    const own = scriptFor(check, [root]);
    if (own) return [check, own.prefix + runOf(manager, own.name)];
    const theirs = scriptFor(check, members);
    const command = theirs && runInAll(manager, theirs.name);
    return [check, command && theirs.prefix + command];
  });
  return Object.fromEntries(found.filter(([, command]) => command !== undefined));
}

/** The first script that some have, and that is a check wherever it is. */
function scriptFor(check: keyof Commands, packages: readonly Package[]) {
  for (const name of SCRIPTS[check]) {
    const scripts = packages.map(({ manifest }) => textOf(tableAt(manifest, 'scripts')[name])).filter(Boolean);
    if (scripts.length > 0 && scripts.every((script) => isCheck(check, name, script)))
      return { name, prefix: scripts.some((script) => NEEDS_CI.test(script)) ? 'CI=1 ' : '' };
  }
  return undefined;
}

/** `npm init`’s own test is none. */
function isCheck(check: keyof Commands, name: string, script: string): boolean {
  if (script.includes('no test specified') || !isHarmless(script, check === 'test')) return false;
  return name !== 'check' || (check === 'types') === TYPES.test(script);
}

const runOf = (manager: string, script: string) =>
  script === 'test' && manager !== 'bun' ? `${manager} test` : `${manager} run ${script}`;

function runInAll(manager: string, script: string): string | undefined {
  if (manager === 'npm') return `npm run ${script} --workspaces --if-present`;
  if (manager === 'pnpm') return `pnpm -r run ${script}`;
  return manager === 'bun' ? `bun run --filter '*' ${script}` : undefined;
}
