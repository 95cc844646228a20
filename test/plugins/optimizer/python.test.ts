import { expect, it } from 'vitest';
import { type Case, factsOf } from './facts-of.ts';

const project = (text: string) => ({ 'pyproject.toml': text });
it.each<Case>([
  [
    'poetry',
    {
      ...project(
        '[tool.poetry.dependencies]\npython = "^3.12"\ndjango = "^5.1"\nmine = { path = "../mine" }\n[tool.poetry.group.dev.dependencies]\npytest = { version = "8.3" }\n',
      ),
      'manage.py': '',
    },
    { packageManager: 'poetry', commands: { test: 'poetry run pytest' }, packages: ['django 5.1', 'pytest 8.3'] },
  ],
  [
    'requirements.txt',
    {
      'requirements.txt':
        'flask==3.1.0 \\\n    --hash=sha256:00\n# comment\n-e ./mine\n-r other.txt\n./wheel.whl\nmine.whl\nrequests>=2; python_version>"3"\nurllib3<2\n',
      'requirements-dev.txt': 'black==24.1\nflake8\n',
      'tests/test_x.py': '',
    },
    {
      packageManager: 'pip',
      commands: { lint: 'flake8', test: 'python -m unittest discover -s tests' },
      packages: ['flask 3.1.0', 'requests 2', 'urllib3', 'black 24.1', 'flake8'],
    },
  ],
  [
    'pipenv',
    { Pipfile: '[[source]]\nname = "pypi"\n[packages]\nflask = "*"\n[dev-packages]\npytest = ">=8"\n' },
    { packageManager: 'pipenv', commands: { test: 'pipenv run pytest' }, packages: ['flask', 'pytest 8'] },
  ],
  [
    'setup.py and setup.cfg',
    {
      'setup.py': 'setup(name="x", install_requires=["click[all]>=8", \'rich\'])',
      'setup.cfg': '[options]\ninstall_requires =\n    attrs>=24\n    numpy\n[mypy]\n[flake8]\n',
    },
    {
      commands: { lint: 'flake8', types: 'mypy .' },
      packages: ['click 8', 'numpy', 'rich', 'attrs 24'],
    },
  ],
  [
    'a folder of requirements',
    { 'manage.py': '', 'requirements/base.txt': 'Django==5.1\n', 'requirements/test.txt': 'pytest-django\n' },
    { commands: { test: 'pytest' }, frameworks: ['Django 5.1'] },
  ],
  ['Django', { 'manage.py': '', 'requirements.txt': 'Django' }, { commands: { test: 'python manage.py test' } }],
  ['tox', { 'tox.ini': '[testenv]\ncommands = x\n' }, { commands: { test: 'tox' } }],
  ['tox that runs pytest', { 'tox.ini': '[testenv]\ndeps = pytest\n' }, { commands: { test: 'pytest' } }],
  ['nox', { ...project('[tool.hatch.envs.default]\n'), 'noxfile.py': '' }, { commands: { test: 'hatch run nox' } }],
  ['pdm and pyright', { ...project('[tool.pyright]\n'), 'pdm.lock': '' }, { commands: { types: 'pdm run pyright' } }],
  [
    'a workspace of uv',
    {
      ...project('[project]\nname = "root"\n[tool.uv.workspace]\nmembers = ["libs/*"]\nexclude = ["libs/old"]\n'),
      'libs/a/pyproject.toml': '[project]\nname = "lib_a"\ndependencies = ["Lib.B", "httpx>=0.28"]\n',
      'libs/b/pyproject.toml': '[project]\nname = "lib-b"\n',
      'libs/old/pyproject.toml': '[project]\ndependencies = ["old"]\n',
    },
    { packageManager: 'uv', layout: ['libs/a/ (Python)', 'libs/b/ (Python)'], packages: ['httpx 0.28'] },
  ],
  ['a broken pyproject.toml', project('[project\nname='), { languages: ['Python'], commands: {}, packages: [] }],
])('%s', async (_, files, facts) => expect(await factsOf(files)).toMatchObject(facts));
