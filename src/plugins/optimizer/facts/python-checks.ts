import type { Commands } from './facts.ts';
import type { Folder } from './folder.ts';
import { type Table, tableAt } from './manifest.ts';

interface Use {
  readonly manager: string;
  /** Whether the project asks for a package. */
  uses(name: string): boolean;
}

/** How a tool shows: by its table in pyproject.toml, by files, by a section of setup.cfg or tox.ini; and how it is run. */
type Tool = readonly [name: string, files: readonly string[], command: string];

const LINT: readonly Tool[] = [
  ['ruff', ['ruff.toml', '.ruff.toml'], 'ruff check .'],
  ['flake8', ['.flake8'], 'flake8'],
  ['pylint', ['.pylintrc', 'pylintrc'], 'pylint --recursive=y .'],
  ['black', [], 'black --check .'],
];
const TYPES: readonly Tool[] = [
  ['mypy', ['mypy.ini', '.mypy.ini'], 'mypy .'],
  ['basedpyright', [], 'basedpyright'],
  ['pyright', ['pyrightconfig.json'], 'pyright'],
  ['ty', ['ty.toml'], 'ty check'],
];

const PYTEST: Tool = ['pytest', ['pytest.ini', '.pytest.ini', 'conftest.py'], 'pytest'];

/** How a Python project is checked, run the way its manager runs things. */
export async function checksOf(folder: Folder, project: Table, { manager, uses }: Use): Promise<Commands> {
  const tables = tableAt(project, 'tool');
  const settings = `${await folder.read('setup.cfg')}\n${await folder.read('tox.ini')}`;
  const shows = ([name, files]: Tool) =>
    name in tables || uses(name) || files.some((file) => folder.has(file)) || settings.includes(`[${name}]`);
  const pytest = shows(PYTEST) || settings.includes('pytest') || (await folder.open('tests')).has('conftest.py');
  const found = {
    lint: LINT.find(shows)?.[2],
    types: TYPES.find(shows)?.[2],
    test: testOf(folder, pytest || uses('pytest-django'), 'tox' in tables),
  };
  const run = manager === 'pip' ? '' : `${manager} run `;
  return Object.fromEntries(
    Object.entries(found).flatMap(([check, command]) => (command ? [[check, `${run}${command}`]] : [])),
  );
}

/** The runner of the tests themselves before one that makes environments for them, which may need the network. */
function testOf(folder: Folder, pytest: boolean, tox: boolean): string | undefined {
  if (pytest) return 'pytest';
  if (folder.has('manage.py')) return 'python manage.py test';
  if (folder.has('noxfile.py')) return 'nox';
  if (tox || folder.has('tox.ini')) return 'tox';
  const tests = ['tests', 'test'].find((name) => folder.folders.includes(name));
  return tests === undefined ? undefined : `python -m unittest discover -s ${tests}`;
}
