import type { Dependency, FactReader, Member } from './facts.ts';
import { PYTHON } from './frameworks.ts';
import { pythonSources } from './locks.ts';
import { fromToml, type Table, tableAt, textOf, textsOf } from './manifest.ts';
import { placesOf } from './members.ts';
import { checksOf } from './python-checks.ts';
import { namesIndexIn, normal, type Requirements, requirementsIn } from './python-requirements.ts';

const FILES = ['pyproject.toml', 'requirements.txt', 'setup.py', 'setup.cfg', 'Pipfile', 'manage.py', 'tox.ini'];
const LOCKS = { 'uv.lock': 'uv', 'poetry.lock': 'poetry', 'pdm.lock': 'pdm', Pipfile: 'pipenv' };

/** Python projects. */
export const python: FactReader = async (folder) => {
  if (!FILES.some((file) => folder.has(file))) return undefined;
  const project = fromToml(await folder.read('pyproject.toml'));
  const { places, whole } = await placesOf(folder, membersIn(project), (one) => one.has('pyproject.toml'));
  const projects = await Promise.all(places.map(async (place) => fromToml(await place.folder.read('pyproject.toml'))));
  const [requirements, sources] = await Promise.all([
    requirementsIn(folder, [project, ...projects]),
    pythonSources(folder),
  ]);
  const found = {
    ...requirements,
    pinned: new Set([...requirements.pinned, ...[...sources.elsewhere].map(normal)]),
    replaced: requirements.replaced || sources.unread || namesIndexIn(folder),
  };
  const manager = managerOf((name) => folder.has(name), project);
  const names = new Set(found.dependencies.map(({ name }) => name));
  return {
    languages: ['Python'],
    packageManager: manager,
    commands: await checksOf(folder, project, { manager, uses: (name) => names.has(name) }),
    // A project without a name may be one that could not be read.
    dependencies: publicOnes(found, whole && projects.every((one) => textOf(tableAt(one, 'project').name) !== '')),
    known: PYTHON,
    ...{ own: [...found.own].filter(Boolean), replaced: found.replaced },
    members: places.map(({ path }): Member => ({ path, language: 'Python' })),
  };
};

/** The members of a workspace of uv, whose `exclude` becomes a `!`. */
function membersIn(project: Table): string[] {
  const { members, exclude } = tableAt(project, 'tool', 'uv', 'workspace');
  return [...textsOf(members), ...textsOf(exclude).map((pattern) => `!${pattern}`)];
}

function managerOf(has: (name: string) => boolean, project: Table): string {
  const locked = Object.entries(LOCKS).find(([file]) => has(file))?.[1];
  const tool = tableAt(project, 'tool');
  const hatch = Object.keys(tableAt(tool, 'hatch', 'envs')).length > 0 ? 'hatch' : undefined;
  return locked ?? ['uv', 'poetry', 'pdm'].find((name) => name in tool) ?? hatch ?? 'pip';
}

/** Where an index of its own is named, or not all projects are known, a name that not everybody knows may be private. */
function publicOnes({ dependencies, own, pinned, replaced }: Requirements, whole: boolean): Dependency[] {
  const isPublic = ({ name }: Dependency) => !own.has(name) && !pinned.has(name) && whole && !replaced;
  return dependencies.filter((one) => isPublic(one) || (PYTHON.has(one.name) && !own.has(one.name)));
}
