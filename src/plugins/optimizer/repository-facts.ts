import type { Get } from '../../pipeline/token.ts';
import { commitsReader } from './facts/commits.ts';
import { dart } from './facts/dart.ts';
import { dotnet } from './facts/dotnet.ts';
import { CHECKS, type Commands, type Facts } from './facts/facts.ts';
import { type Folder, openFolder } from './facts/folder.ts';
import { go } from './facts/go.ts';
import { jvm } from './facts/jvm.ts';
import { layoutOf, ownFolders } from './facts/layout.ts';
import { node } from './facts/node.ts';
import { partsOf } from './facts/parts.ts';
import { php } from './facts/php.ts';
import { type Private, privateFor, withoutPrivate } from './facts/private.ts';
import { python } from './facts/python.ts';
import { ruby } from './facts/ruby.ts';
import { rust } from './facts/rust.ts';
import { simple } from './facts/simple.ts';
import { tasks } from './facts/tasks.ts';
import { frameworksIn, packagesIn } from './facts/used.ts';

const READERS = [node, python, rust, go, jvm, dotnet, ruby, php, dart, ...simple];
const GUIDES = ['CLAUDE.md', 'AGENTS.md', 'CONTRIBUTING.md'];

/** What a repository's own files tell, read without running anything of it. Everything in it is one short, clean line. */
export interface RepositoryFacts {
  readonly languages: readonly string[];
  readonly packageManager: string | undefined;
  /** What it is built with, with the version where it is known: `React 19.1.0`. */
  readonly frameworks: readonly string[];
  readonly commands: Commands;
  /** Files that tell an agent how to work here. */
  readonly guides: readonly string[];
  /** Its folders, most telling first: `src/`, `packages/api/ (TypeScript)`. */
  readonly layout: readonly string[];
  /** The subjects of the newest commits, newest first. */
  readonly commits: readonly string[];
  /** Public packages with their versions, at most 40. They and the languages are all that leaves the machine. */
  readonly packages: readonly string[];
}

/** Reads the facts of the repository at a path. Never rejects: what cannot be read is not known. */
export type ReadFacts = (path: string) => Promise<RepositoryFacts>;

/** A reader of facts with the services it needs: ProcessRunner, Environment and Redact. */
export const factsReader = (get: Get): ReadFacts => {
  const readCommits = commitsReader(get);
  return async (path) => {
    const root = await openFolder(path);
    // Without this look, git would tell of a repository that the folder only lies in.
    const [commits, facts] = await Promise.all([
      root.has('.git') ? readCommits(path) : [],
      privateFor(get).then((outside) => factsOf(root, outside)),
    ]);
    return { ...facts, commits };
  };
};

async function factsOf(root: Folder, outside: Private): Promise<Omit<RepositoryFacts, 'commits'>> {
  const [folders, ...own] = await Promise.all([ownFolders(root), ...READERS.map((read) => read(root))]);
  const found = own.filter((facts) => facts !== undefined);
  const taken = found.flatMap((each) => each.members ?? []).map(({ path }) => `${path}/`);
  const free = folders.filter((name) => !taken.some((path) => path.startsWith(`${name}/`)));
  // Where the root cannot be tested, it only holds together what lies below: a backend, a frontend.
  const parts = found.some(({ commands }) => commands.test) ? [] : await partsOf(root, free, READERS);
  const projects = await withoutPrivate(root, [...found, ...parts], outside);
  // The first one that knows a command wins; what the project wrote itself comes before what is usual.
  const { scripted = [], usual = [] } = Object.groupBy(found, (each) => (each.scripted ? 'scripted' : 'usual'));
  const all = [...scripted, await tasks(root), ...usual, ...parts];
  const commands = CHECKS.flatMap((check) => {
    const command = all.find((each) => each.commands[check])?.commands[check];
    return command === undefined ? [] : [[check, command]];
  });
  const members = projects.flatMap((each) => each.members ?? []);
  return {
    languages: [...new Set(projects.flatMap(({ languages }) => languages))],
    packageManager: managerOf(projects),
    frameworks: frameworksIn(projects),
    commands: Object.fromEntries(commands),
    guides: GUIDES.filter((name) => root.has(name)),
    layout: layoutOf(folders, members),
    packages: packagesIn(projects),
  };
}

/** Frameworks that are the whole of a project, whatever draws their pages. */
const WHOLE = new Set(['rails', 'laravel/framework', 'django']);

/** The manager of what the project runs on comes before that of its tools. */
function managerOf(projects: readonly Facts[]): string | undefined {
  const managed = projects.filter(({ packageManager }) => packageManager);
  const runsOn = ({ dependencies = [], known }: Facts) =>
    dependencies.some(({ name, dev }) => !dev && known?.has(name));
  const isWhole = ({ dependencies = [] }: Facts) => dependencies.some(({ name }) => WHOLE.has(name));
  return (managed.find(isWhole) ?? managed.find(runsOn) ?? managed[0])?.packageManager;
}
