import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Folders, Repository } from '../src/pipeline/services.ts';
import type { Problem } from '../src/pipeline/setup/problems.ts';
import { agentFolderOf } from './agent-folders.ts';
import { sharedGitFolder } from './checkout.ts';
import { planted } from './find-config.ts';
import { isInside, realPath } from './inside.ts';
import { ownFolder } from './own-folder.ts';

interface Places {
  /** The configuration file. */
  readonly path: string;
  /** Where `.env` lies. */
  readonly base: string;
  readonly folders: Folders;
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
  const { state, output, logs } = folders;
  const places = [
    ['STATE_DIR', state, NAME_ANOTHER],
    // What is wrong with a folder is wrong with those in it, and told once.
    ...(
      [
        ['OUTPUT_DIR', output, NAME_ANOTHER],
        ['LOG_DIR', logs, NAME_ANOTHER],
      ] as const
    ).filter(([, place]) => !isInside(place, state)),
    ['~/.config/milton', ownFolder(), 'Have requests work in another checkout'],
  ] as const;
  return [
    ...files,
    ...places.flatMap(([where, place, repair]): Problem[] => {
      const folder = around(place);
      return folder === undefined ? [] : [{ where, what: `${place} lies in ${folder}, where agents work`, repair }];
    }),
  ];
}

const NAME_ANOTHER = 'Name a folder outside of it';
