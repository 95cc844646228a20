import { CHECKS, type Commands } from './facts.ts';
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
  lint: ['lint', 'lint:check', 'check'],
  types: ['typecheck', 'type-check', 'types', 'check-types', 'check:types', 'lint:types', 'tsc', 'check'],
  test: ['test', 'test:run', 'test:ci', 'test:unit', 'unit'],
  build: ['build', 'compile'],
};
/** What a check of types runs. */
const TYPES = /\b(?:tsc|vue-tsc|tsgo|svelte-check|astro check)\b/;
/** What is no script for a program: `npm init`’s own test, and one that never ends. */
const USELESS = /no test specified|--watch(?:All)?(?=\s|$)/;

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
    const own = scriptFor(check, root);
    if (own) return [check, runOf(manager, own)];
    const theirs = members.map((member) => scriptFor(check, member)).find((name) => name !== undefined);
    return [check, theirs && runInAll(manager, theirs)];
  });
  return Object.fromEntries(found.filter(([, command]) => command !== undefined));
}

function scriptFor(check: keyof Commands, { manifest }: Package): string | undefined {
  const scripts = tableAt(manifest, 'scripts');
  return SCRIPTS[check].find((name) => {
    const script = textOf(scripts[name]);
    if (script === '' || USELESS.test(script)) return false;
    return name !== 'check' || (check === 'types') === TYPES.test(script);
  });
}

const runOf = (manager: string, script: string) =>
  script === 'test' && manager !== 'bun' ? `${manager} test` : `${manager} run ${script}`;

function runInAll(manager: string, script: string): string | undefined {
  if (manager === 'npm') return `npm run ${script} --workspaces --if-present`;
  if (manager === 'pnpm') return `pnpm -r run ${script}`;
  return manager === 'bun' ? `bun run --filter '*' ${script}` : undefined;
}
