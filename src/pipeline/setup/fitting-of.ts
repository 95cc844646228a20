import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Fitting } from '../flow/fitting.ts';
import { reducer } from '../privacy/reduce.ts';
import type { Places } from '../privacy/short-paths.ts';
import { cleaner } from '../services/clean.ts';
import { Redact } from '../services/redact.ts';
import { Environment, Folders, Repositories } from '../services.ts';
import type { Get, Token } from '../token.ts';

/** What every notice goes through, by the services of a configured Milton. */
export function fittingOf(get: Get): Fitting {
  let reduce: ReturnType<typeof reducer> | undefined;
  return {
    clean: cleaner(get(Redact)),
    reduce(notice) {
      reduce ??= reducer(placesOf(get));
      return reduce(notice);
    },
  };
}

function placesOf(get: Get): Places {
  const folders = ifBound(get, Folders);
  return {
    home: String(get(Environment).get('HOME')?.value ?? homedir()),
    worktrees: folders ? join(folders.state, 'worktrees') : '',
    repositories: (ifBound(get, Repositories) ?? []).map(({ path }) => path),
    folders: folders ? [folders.state, folders.output, folders.logs] : [],
  };
}

/** A pipeline without agents needs neither folders nor repositories. */
function ifBound<T>(get: Get, token: Token<T>): T | undefined {
  try {
    return get(token);
  } catch {
    return undefined;
  }
}
