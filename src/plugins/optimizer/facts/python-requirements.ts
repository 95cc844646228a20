import type { Dependency } from './facts.ts';
import type { Folder } from './folder.ts';
import { fromToml, type Table, tableAt, tablesOf, textOf, textsOf } from './manifest.ts';
import { versionIn } from './plain.ts';

/** What the manifests of a Python project ask for. */
export interface Requirements {
  readonly dependencies: readonly Dependency[];
  /** The names of the projects themselves. */
  readonly own: ReadonlySet<string>;
  /** Names that are said to come from a place of their own. */
  readonly pinned: ReadonlySet<string>;
  /** Everything may come from an index that the project names. */
  readonly replaced: boolean;
}

const DEVELOPMENT = /dev|test|lint|doc|typ/i;
const LISTS = /^(?:[\w-]+[-_])?requirements(?:[-_][\w-]+)?\.(?:txt|in)$/;
const MOST_LISTS = 6;
/** A file beside the manifest. */
const ARCHIVE = /\.(?:whl|zip|gz)$/;

/** A name as the index compares it. */
export const normal = (name: string): string => name.toLowerCase().replace(/[-_.]+/g, '-');

/** Whether a folder has settings that name an index, or may. */
export const namesIndexIn = (folder: Folder): boolean =>
  ['uv.toml', 'pip.conf', 'pip.ini'].some((name) => folder.has(name));

/** Reads the requirements of a project and of the members of its workspace. */
export async function requirementsIn(folder: Folder, projects: readonly Table[]): Promise<Requirements> {
  const below = await folder.open('requirements');
  const lists = [...folder.names.filter((name) => LISTS.test(name)), ...below.names].slice(0, MOST_LISTS);
  const texts = await Promise.all(lists.map((name) => (LISTS.test(name) ? folder : below).read(name)));
  const pipfile = fromToml(await folder.read('Pipfile'));
  const [setup, settings] = [await folder.read('setup.py'), await folder.read('setup.cfg')];
  const lines = [
    ...lists.map((name, index) => ({ dev: DEVELOPMENT.test(name), lines: texts[index]!.split('\n') })),
    { dev: false, lines: requiredIn(setup) },
    { dev: false, lines: (/^install_requires[ \t]*=(.*(?:\r?\n[ \t].*)*)/m.exec(settings)?.[1] ?? '').split('\n') },
    ...projects.flatMap(listsIn),
  ];
  const tables = [
    { dev: false, table: tableAt(pipfile, 'packages') },
    { dev: true, table: tableAt(pipfile, 'dev-packages') },
    ...projects.flatMap(tablesIn),
  ];
  const all = [
    ...lines.flatMap(({ dev, lines }) => lines.flatMap((line) => ofLine(line, dev))),
    ...tables.flatMap(({ dev, table }) => Object.entries(table).flatMap((entry) => ofEntry(entry, dev))),
  ];
  return {
    dependencies: all.sort((a, b) => Number(a.dev) - Number(b.dev)),
    own: new Set(
      projects
        .flatMap((each) => [tableAt(each, 'project').name, tableAt(each, 'tool', 'poetry').name])
        .map(textOf)
        .map(normal),
    ),
    pinned: new Set(projects.flatMap((each) => Object.keys(tableAt(each, 'tool', 'uv', 'sources'))).map(normal)),
    replaced:
      projects.some(namesIndex) || tablesOf(pipfile.source).some(isOwn) || texts.some((text) => OWN_INDEX.test(text)),
  };
}

const OWN_INDEX = /^[ \t]*(?:-i|-f|--index-url|--extra-index-url|--find-links)[ \t=]/m;
const isOwn = ({ name, priority, explicit }: Table) => name !== 'pypi' && priority !== 'explicit' && explicit !== true;

function namesIndex(project: Table): boolean {
  const { uv, poetry, pdm } = tableAt(project, 'tool');
  const { index, 'index-url': url, 'extra-index-url': extra } = tableAt(uv);
  const sources = [index, tableAt(poetry).source, tableAt(pdm).source].flatMap(tablesOf);
  return url !== undefined || extra !== undefined || sources.some(isOwn);
}

function listsIn(project: Table) {
  const { dependencies, 'optional-dependencies': optional } = tableAt(project, 'project');
  const groups = [optional, project['dependency-groups'], tableAt(project, 'tool', 'pdm')['dev-dependencies']];
  const extra = groups.flatMap((group) =>
    Object.values(tableAt(group)).map((list) => ({ dev: true, lines: textsOf(list) })),
  );
  const { 'dev-dependencies': older } = tableAt(project, 'tool', 'uv');
  return [{ dev: false, lines: textsOf(dependencies) }, ...extra, { dev: true, lines: textsOf(older) }];
}

function tablesIn(project: Table) {
  const { dependencies, 'dev-dependencies': older, group } = tableAt(project, 'tool', 'poetry');
  const groups = Object.values(tableAt(group)).map((each) => tableAt(each, 'dependencies'));
  return [
    { dev: false, table: tableAt(dependencies) },
    ...[tableAt(older), ...groups].map((table) => ({ dev: true, table })),
  ];
}

/** `name[extra]>=1.2; marker`; a name followed by `@`, and a path, come from elsewhere than the index. */
function ofLine(line: string, dev: boolean) {
  const text = line
    .split(/[;#\\]/, 1)[0]!
    .replace(/[()]/g, ' ')
    .trim();
  const [, name, range] = /^([A-Za-z0-9][\w.-]{0,98})[ \t]*(?:\[[\w, .-]*\])?[ \t]*((?:[=~><!^].*)?)$/.exec(text) ?? [];
  return name === undefined || ARCHIVE.test(name) ? [] : [{ name: normal(name), version: lowestIn(range!), dev }];
}

function ofEntry([name, value]: readonly [string, unknown], dev: boolean) {
  const table = tableAt(value);
  const elsewhere = ['git', 'path', 'file', 'url', 'source', 'index'].some((key) => key in table);
  if (elsewhere || name === 'python') return [];
  return [{ name: normal(name), version: lowestIn(textOf(value) || textOf(table.version)), dev }];
}

/** The version that a requirement begins with, wherever it says so. */
function lowestIn(range: string): string | undefined {
  const bound = range.split(',').find((each) => /^\s*(?:[=~^\d]|>=)/.test(each));
  return versionIn(bound);
}

/** The texts in the list of a setup.py; only its beginning is looked at, since it is a program. */
function requiredIn(setup: string): string[] {
  const after = setup.split('install_requires', 2)[1]?.slice(0, 5_000) ?? '';
  const list = /^\s*=\s*\[((?:[^\]"']|"[^"]*"|'[^']*')*)\]/.exec(after)?.[1] ?? '';
  return [...list.matchAll(/["']([^"'\n]+)["']/g)].map((match) => match[1]!);
}
