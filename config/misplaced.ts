import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Repository } from '../src/pipeline/services.ts';
import type { Problem } from '../src/pipeline/setup/problems.ts';
import { agentFolderOf } from './agent-folders.ts';
import { sharedGitFolder } from './checkout.ts';
import { planted } from './find-config.ts';
import type { AllFolders } from './folders.ts';
import { isInside, realPath } from './inside.ts';

interface Places {
  /** The configuration file. */
  readonly path: string;
  /** Where `.env` lies. */
  readonly base: string;
  readonly folders: AllFolders;
}

/** What of Milton's own lies in a repository that is worked in, where agents and commits could change it. */
export function misplaced({ path, base, folders }: Places, repositories: readonly Repository[]): Problem[] {
  const checkouts = repositories.flatMap((each) =>
    each.path !== '' && sharedGitFolder(each.path) !== undefined ? [realPath(each.path)] : [],
  );
  const around = (place: string) => agentFolderOf(place, checkouts);
  const files = [path, join(base, '.env')].flatMap((file): Problem[] => {
    const folder = existsSync(file) ? around(file) : undefined;
    return folder === undefined ? [] : [planted(file, folder)];
  });
  const { state, output, logs, keys, database = state } = folders;
  const named = Object.entries({ OUTPUT_DIR: output, LOG_DIR: logs, 'sqlite({ file })': database });
  const elsewhere = [
    ['STATE_DIR', state] as const,
    // What is wrong with a folder is wrong with those in it, and told once.
    ...named.filter(([, place]) => !isInside(place, state)),
  ];
  const within = (where: string, place: string, repair: string): Problem[] => {
    const folder = around(place);
    return folder === undefined ? [] : [{ where, what: `${place} lies in ${folder}, where agents work`, repair }];
  };
  return [
    ...files,
    ...elsewhere.flatMap(([where, place]) => within(where, place, 'Name a folder outside of it')),
    ...within('~/.config/milton', keys, 'Have requests work in another checkout'),
  ];
}
