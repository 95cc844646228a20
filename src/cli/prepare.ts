import { dirname } from 'node:path';
import { useEnvironment } from '../../config/current-env.ts';
import { prepareFolders } from '../../config/folders.ts';
import { findConfig, loadConfig } from '../../config/load.ts';
import { type LoadedEnvironment, loadEnvironment } from '../../config/load-environment.ts';
import { readRepositories } from '../../config/repositories.ts';
import type { MiltonConfig } from '../pipeline/config.ts';
import type { Folders, Repository } from '../pipeline/services.ts';
import { ConfigProblems, type Problem } from '../pipeline/setup/problems.ts';
import type { Invocation } from './command.ts';

/** What a command line, the environment and the configuration file say, as far as they could be read. */
export interface Prepared {
  /** The configuration file. */
  readonly path: string;
  readonly environment: LoadedEnvironment;
  readonly folders: Folders;
  readonly config: MiltonConfig | undefined;
  readonly repositories: readonly Repository[];
  /** Everything wrong so far, of the environment, the file, the folders and the repositories. */
  readonly problems: readonly Problem[];
}

/** Reads environment and configuration for a command; `create` also makes the folders. Nothing is thrown: see `problems`. */
export async function prepare(flags: Invocation['flags'], { create = false } = {}): Promise<Prepared> {
  const named = typeof flags.config === 'string' ? flags.config : undefined;
  const { path, problem } = findConfig(named, process.cwd());
  const base = problem ? process.cwd() : dirname(path);
  const environment = readEnvironment(flags, base);
  const { config, problems } = problem ? { problems: [problem] } : await loadConfig(path, exported);
  const { repositories, problems: unusable } = config
    ? readRepositories(config, base)
    : { repositories: [], problems: [] };
  const folders = foldersOf(environment);
  const blocked = prepareFolders(folders, { create });
  return {
    path,
    environment,
    folders,
    config,
    repositories,
    problems: [...environment.problems, ...problems, ...unusable, ...blocked],
  };
}

const exported = async () => Object.keys(await import('../index.ts'));

function readEnvironment(flags: Invocation['flags'], folder: string): LoadedEnvironment {
  const overrides = {
    ...(flags.verbose ? { LOG_LEVEL: 'debug' } : {}),
    ...(flags['dry-run'] ? { DRY_RUN: 'true' } : {}),
  };
  const environment = loadEnvironment({ processEnv: process.env, folder, overrides });
  useEnvironment(environment);
  return environment;
}

/** The folders an environment names. */
export function foldersOf({ values }: LoadedEnvironment): Folders {
  return { state: String(values.STATE_DIR), output: String(values.OUTPUT_DIR), logs: String(values.LOG_DIR) };
}

/** Throws everything that is wrong, with what setting the parts up would find as well. */
export async function refuse(prepared: Prepared): Promise<void> {
  if (prepared.problems.length === 0) return;
  const { problemsOfParts } = await import('./try-assembly.ts');
  throw new ConfigProblems([...prepared.problems, ...(await problemsOfParts(prepared))]);
}
