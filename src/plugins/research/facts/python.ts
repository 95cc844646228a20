import { type FactReader, isPlainName } from './facts.ts';
import { tableOf } from './toml.ts';

const FILES = ['pyproject.toml', 'requirements.txt', 'setup.py', 'setup.cfg'];
const LOCKS: readonly (readonly [string, string])[] = [
  ['uv.lock', 'uv'],
  ['poetry.lock', 'poetry'],
  ['pdm.lock', 'pdm'],
  ['Pipfile', 'pipenv'],
];
/** `name[extra]>=1.2`; a name followed by `@` or a path comes from elsewhere than the index. */
const REQUIREMENT = /^([A-Za-z0-9][\w.-]*)(?:\[[\w, -]*\])?\s*(?:[=~><!]=?=?\s*v?(\d[\w.*]*))?\s*(?:[,;#].*)?$/;

/** Python projects. */
export const python: FactReader = async (folder) => {
  if (!FILES.some((file) => folder.names.has(file))) return undefined;
  const project = await folder.read('pyproject.toml');
  const listed = (await folder.read('requirements.txt')).split(/\r?\n/).map((line) => line.trim());
  const inProject = tableOf(project, 'project').join('\n');
  const array = /^dependencies\s*=\s*\[([\s\S]*?)\]\s*$/m.exec(inProject)?.[1] ?? '';
  const quoted = [...array.matchAll(/["']([^"']+)["']/g)].map((match) => match[1]!);
  const poetry = tableOf(project, 'tool.poetry.dependencies').map((line) =>
    line.replace(/^([\w.-]+)\s*=\s*"[\^~]?(\d[\w.*]*)"$/, '$1==$2'),
  );
  const manager = LOCKS.find(([file]) => folder.names.has(file))?.[1];
  const run = manager ? `${manager} run ` : '';
  const tested =
    /\bpytest\b/.test(project + listed.join('\n')) || folder.names.has('pytest.ini') || folder.names.has('tests');
  const linted = /^\[tool\.ruff/m.test(project) || folder.names.has('ruff.toml');
  const typed = /^\[tool\.mypy/m.test(project) || folder.names.has('mypy.ini');
  return {
    languages: ['Python'],
    packageManager: manager ?? 'pip',
    commands: {
      ...(tested ? { test: `${run}pytest` } : {}),
      ...(linted ? { lint: `${run}ruff check .` } : {}),
      ...(typed ? { types: `${run}mypy .` } : {}),
    },
    packages: [...quoted, ...poetry, ...listed].flatMap((line) => {
      const [, name, version] = REQUIREMENT.exec(line) ?? [];
      return name && name !== 'python' && isPlainName(name) ? [version ? `${name} ${version}` : name] : [];
    }),
  };
};
