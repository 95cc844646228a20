import { realpathSync, statSync } from 'node:fs';
import type { MiltonConfig, RepositoryConfig } from '../src/pipeline/config.ts';
import { nearest } from '../src/pipeline/nearest.ts';
import type { Repository, RepositoryCommand } from '../src/pipeline/services.ts';
import type { Problem } from '../src/pipeline/setup/problems.ts';
import { enclosingCheckout, isCheckout, isGitFolder } from './checkout.ts';
import { expandPath } from './load-environment.ts';

const NAME = /^[a-z0-9][a-z0-9_-]*$/;

/** The configured repositories with absolute paths, and what is wrong with them; `base` is what relative paths start from. */
export function readRepositories(
  config: Pick<MiltonConfig, 'repositories' | 'agents'>,
  base: string,
): { repositories: Repository[]; problems: Problem[] } {
  const agents = config.agents.map(({ name }) => name);
  const problems: Problem[] = [];
  const owners = new Map<string, string>();
  const repositories = Object.entries(config.repositories).map(([name, { path, agent, ...own }]): Repository => {
    const where = `repositories.${name}`;
    if (!NAME.test(name)) {
      const repair = 'Use lower-case letters, digits, - and _, since it is spoken as @name';
      problems.push({ where, what: 'this name cannot be used in a request', repair });
    }
    if (agent !== undefined && !agents.includes(agent)) {
      const meant = nearest(agent, agents);
      const repair = meant ? `Did you mean "${meant}"?` : `Configured agents: ${agents.join(', ')}`;
      problems.push({ where: `${where}.agent`, what: `there is no agent "${agent}"`, repair });
    }
    const absolute = path.trim() === '' ? '' : expandPath(path, base);
    const finding = absolute === '' ? EMPTY : inspect(absolute);
    const twin = finding ? undefined : claim(owners, realpathSync(absolute), name);
    if (finding) problems.push({ where: `${where}.path`, ...finding });
    if (twin !== undefined) problems.push({ where: `${where}.path`, ...sameFolder(absolute, twin) });
    return { name, path: absolute, agent, ...settingsOf(own) };
  });
  return { repositories, problems };
}

type Finding = Omit<Problem, 'where'>;

function settingsOf({ prepare, test, ...rest }: Omit<RepositoryConfig, 'path' | 'agent'>) {
  return {
    ...rest,
    ...(prepare === undefined ? {} : { prepare: commandOf(prepare) }),
    ...(test === undefined ? {} : { test: commandOf(test) }),
  };
}

/** A line is for the shell, since it is the person's own and may hold `&&`; words are started as they are. */
function commandOf(written: string | readonly string[]): RepositoryCommand {
  if (typeof written === 'string') return { line: written, argv: ['sh', '-c', written] };
  const [program = '', ...args] = written;
  return { line: written.join(' '), argv: [program, ...args] };
}

const EMPTY: Finding = {
  what: 'no path is given',
  repair: 'Set TARGET_REPO in .env, or write a path in milton.config.ts',
};

/** Remembers whose folder this is; the name that had it before, if there is one. */
function claim(owners: Map<string, string>, folder: string, name: string): string | undefined {
  const owner = owners.get(folder);
  if (owner === undefined) owners.set(folder, name);
  return owner;
}

const sameFolder = (path: string, twin: string): Finding => ({
  what: `${path} is the folder of "${twin}" already, and two agents would work in one repository at once`,
  repair: 'Remove one of the two, or name another checkout',
});

/** Why this is no checkout that work can be done in; git itself is not asked. */
function inspect(path: string): Finding | undefined {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (!found) return { what: `${path} does not exist`, repair: 'Correct the path, or clone the repository there' };
    if (!found.isDirectory()) return { what: `${path} is not a folder`, repair: 'Name the folder of the checkout' };
    if (isCheckout(path)) return undefined;
    if (isGitFolder(path))
      return { what: `${path} is a bare repository`, repair: 'Name a checkout: git clone it first' };
    const top = enclosingCheckout(path);
    if (top) return { what: `${path} is a folder inside the repository ${top}`, repair: `Name ${top}` };
    return { what: `${path} is not a git repository`, repair: `Run: git init ${path}, or name another folder` };
  } catch (error) {
    return { what: `${path} cannot be read: ${(error as Error).message}`, repair: 'Give yourself access to it' };
  }
}
