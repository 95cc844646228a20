import { dirname } from 'node:path';
import { useEnvironment } from '../../../config/current-env.ts';
import { prepareFolders } from '../../../config/folders.ts';
import { loadConfig } from '../../../config/load.ts';
import type { LoadedEnvironment } from '../../../config/load-environment.ts';
import { locate } from '../../../config/locate.ts';
import { misplaced } from '../../../config/misplaced.ts';
import { ownFolder } from '../../../config/own-folder.ts';
import { readRepositories } from '../../../config/repositories.ts';
import type { MiltonConfig } from '../../pipeline/config.ts';
import { keyFile } from '../../pipeline/services/keys/key-file.ts';
import type { Keys } from '../../pipeline/services/keys/keys.ts';
import { LiveKeys } from '../../pipeline/services/keys/live-keys.ts';
import { liveRedactor } from '../../pipeline/services/keys/live-redactor.ts';
import type { Folders, Repository } from '../../pipeline/services.ts';
import { ConfigProblems, type Problem } from '../../pipeline/setup/problems.ts';
import type { Invocation } from '../command-line/command.ts';
import { hideWith } from '../command-line/terminal.ts';
import { databaseFile, usesSqlite } from './database-file.ts';

/** What a command line, the environment and the configuration file say, as far as they could be read. */
export interface Prepared {
  /** The configuration file. */
  readonly path: string;
  readonly environment: LoadedEnvironment;
  readonly folders: Folders;
  readonly keys: Keys;
  readonly config: MiltonConfig | undefined;
  readonly repositories: readonly Repository[];
  /** Everything wrong so far, of the environment, the file, the folders and the repositories. */
  readonly problems: readonly Problem[];
  /** What does not keep Milton from starting. */
  readonly warnings: readonly Problem[];
}

/** Reads environment and configuration for a command; `create` also makes the folders. Nothing is thrown: see `problems`. */
export async function prepare(flags: Invocation['flags'], { create = false } = {}): Promise<Prepared> {
  const { path, base, environment, problem, passed } = locateFor(flags);
  useEnvironment(environment);
  const keys = new LiveKeys(keyFile());
  hideWith(liveRedactor(environment.secrets, keys));
  const { config, problems } = problem ? { problems: [problem] } : await loadConfig(path, exported);
  const { repositories, problems: unusable } = config
    ? readRepositories(config, base)
    : { repositories: [], problems: [] };
  const folders = foldersOf(environment);
  const all = { ...folders, keys: ownFolder(), database: databaseFolder({ config, folders }) };
  const blocked = prepareFolders(all, { create });
  const found = [
    ...environment.problems,
    ...problems,
    ...unusable,
    ...misplaced({ path, base, folders: all }, repositories),
  ];
  return {
    path,
    environment,
    folders,
    keys,
    config,
    repositories,
    problems: [...new Set([...found, ...blocked.problems])],
    warnings: [...(passed ? [passed] : []), ...environment.warnings, ...blocked.warnings],
  };
}

const exported = async () => Object.keys(await import('../../index.ts'));

const locateFor = ({ config, verbose, ...flags }: Invocation['flags']) =>
  locate({
    named: typeof config === 'string' ? config : undefined,
    folder: process.cwd(),
    processEnv: process.env,
    overrides: { ...(verbose ? { LOG_LEVEL: 'debug' } : {}), ...(flags['dry-run'] ? { DRY_RUN: 'true' } : {}) },
  });

/** Where the database lies; undefined where that is the state folder, or not Milton's business. */
function databaseFolder(place: Pick<Prepared, 'config' | 'folders'>): string | undefined {
  const folder = usesSqlite(place) ? dirname(databaseFile(place)) : undefined;
  return folder === place.folders.state ? undefined : folder;
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
