import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Problem } from '../src/pipeline/setup/problems.ts';
import { agentFolderOf, agentFolders } from './agent-folders.ts';
import { distrust, findConfig, planted } from './find-config.ts';
import { type EnvironmentSources, type LoadedEnvironment, loadEnvironment } from './load-environment.ts';
import { ownFolder } from './own-folder.ts';

/** The configuration file, and the environment it is to be read with. */
export interface Located {
  readonly path: string;
  /** Where `.env` lies, and what relative paths in the configuration start from. */
  readonly base: string;
  readonly environment: LoadedEnvironment;
  /** Why the configuration must not be imported; nothing of the `.env` beside it counts then. */
  readonly problem?: Problem | undefined;
  /** A configuration that was not taken, though it came first. */
  readonly passed?: Problem | undefined;
}

interface Place extends Omit<EnvironmentSources, 'folder'> {
  /** What `--config` says. */
  readonly named?: string | undefined;
  /** The current folder. */
  readonly folder: string;
}

/**
 * Finds the configuration and reads the `.env` beside it, and decides whether to believe them before anything of them counts: what
 * lies in a repository of a request was perhaps put there by an agent.
 */
export function locate({ named, folder, ...sources }: Place): Located {
  const read = (at?: string) => loadEnvironment({ ...sources, folder: at });
  const outside = agentFolders(read(ownFolder()));
  const { path, problem, passed } = findConfig(named, folder, outside);
  const base = problem ? folder : dirname(path);
  const found = { path, base, passed };
  if (problem && existsSync(path)) return { ...found, environment: read(), problem };
  const file = join(base, '.env');
  const around = agentFolderOf(file, outside);
  if (around !== undefined) {
    const theirs = existsSync(file) ? planted(file, around) : undefined;
    return { ...found, environment: read(), problem: problem ?? theirs };
  }
  const environment = read(base);
  if (problem || environment.unread) return { ...found, environment, problem: problem ?? environment.problems[0] };
  const own = distrust(path, agentFolders(environment));
  return own ? { ...found, environment: read(), problem: own } : { ...found, environment };
}
