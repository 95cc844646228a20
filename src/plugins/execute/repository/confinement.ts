import { realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname } from 'node:path';
import { ProcessRunner, type RepositoryCommand } from '../../../pipeline/services.ts';
import type { Get } from '../../../pipeline/token.ts';
import { hiddenFrom } from '../agents/hidden.ts';
import { bubblewrapProblem, SHUT, WITH } from '../agents/sandbox-check.ts';
import { commonDir } from '../git/common-dir.ts';
import type { CommandRun } from './repository-command.ts';

/** What a sandbox for the commands of a repository is made of. */
export interface Confinement {
  readonly get: Get;
  readonly env: Readonly<Record<string, string>>;
  /** The person's own checkout, which tells where git's records are: the link in an agent's folder may lead anywhere. */
  readonly checkout: string;
  /** The run's own folder for what is temporary. */
  readonly temporary: string;
  /** What is hidden beside the usual. */
  readonly hidden: readonly string[];
}

/** All programs share what is in there; the sockets as well, through which a session or Docker starts whatever it is told. */
const SHARED = ['/tmp', '/run'];
/** There, NixOS has its programs, and Milton the Node that it runs on. */
const PROGRAMS = ['/run/current-system', dirname(process.execPath)];
/** Answers as a shell does where there is no such command. */
const START = ['sh', '-c', 'exec "$0" "$@"'];

const NOT_HERE = 'The sandbox for what an agent has written does not work here';
const ELSE = 'To have it run without one: confine: false of the repository.';

type Confined = Pick<CommandRun, 'shut' | 'refused'>;

/** Something laid over a place of the file system, as bubblewrap is told. */
type Layer = readonly [how: string, ...of: string[], place: string];

/**
 * Puts commands into a sandbox, as agents put theirs: they read what is not hidden, write in their folder and in what is temporary,
 * and reach nothing but themselves. Where bubblewrap does not work they are refused: outside they would have all that it keeps from them.
 */
export async function confiner({ get, env, ...own }: Confinement): Promise<Confined> {
  if (process.platform !== 'linux') return {};
  const problem = await bubblewrapProblem(get(ProcessRunner), env);
  if (problem !== undefined) return { refused: `${NOT_HERE}: ${problem} ${ELSE}` };
  const { places, state } = hiddenFrom(get, own.hidden);
  const gitDir = await commonDir(own.checkout);
  const shut: Confined['shut'] = async ([...argv]: RepositoryCommand['argv'], folder) => {
    const secrets = [...places, state].map((path) => path.replace(/^~(?=\/|$)/, env.HOME ?? homedir()));
    const layers = [
      ...(await Promise.all([...SHARED, ...secrets].map(empty))),
      ...(await Promise.all([folder, own.temporary].map((path) => same('--bind', path)))),
      ...(await Promise.all([gitDir, ...PROGRAMS].map((path) => same('--ro-bind', path)))),
    ].filter((layer) => layer !== undefined);
    // A folder is laid before what is in it, which would be covered otherwise.
    const sorted = layers.toSorted((a, b) => a.at(-1)!.length - b.at(-1)!.length);
    return ['bwrap', ...SHUT, ...sorted.flat(), ...WITH, ...START, ...argv];
  };
  return { shut };
}

/** Nothing is left to be read there. Where there is nothing, nothing can be laid over it. */
async function empty(path: string): Promise<Layer | undefined> {
  const place = await realpath(path).catch(() => undefined);
  if (place === undefined) return undefined;
  return (await stat(place)).isDirectory() ? ['--tmpfs', place] : ['--dev-bind', '/dev/null', place];
}

async function same(how: '--bind' | '--ro-bind', path: string | undefined): Promise<Layer | undefined> {
  const place = path === undefined ? undefined : await realpath(path).catch(() => undefined);
  return place === undefined ? undefined : [how, place, place];
}
