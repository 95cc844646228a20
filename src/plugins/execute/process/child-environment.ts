import { delimiter, isAbsolute } from 'node:path';
import type { Environment } from '../../../pipeline/services.ts';
import { RUN_TAG } from './processes.ts';

/** What any program needs to work, and nothing that is a secret of Milton's. */
const SYSTEM = [
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TZ', 'TMPDIR'],
  ...['LANG', 'LANGUAGE', 'LC_ALL', 'LC_CTYPE', 'LC_COLLATE', 'LC_MESSAGES', 'LC_MONETARY', 'LC_NUMERIC', 'LC_TIME'],
  ...[
    'XDG_CACHE_HOME',
    'XDG_CONFIG_DIRS',
    'XDG_CONFIG_HOME',
    'XDG_DATA_DIRS',
    'XDG_DATA_HOME',
    'XDG_RUNTIME_DIR',
    'XDG_STATE_HOME',
  ],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'],
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS'],
];

/** The variables of Milton's own environment that are on the list of what a child may see, plus these names. */
export function childEnvironment(environment: Environment, names: readonly string[] = []): Record<string, string> {
  const child: Record<string, string> = {};
  for (const name of [...SYSTEM, ...names]) {
    const value = environment.get(name)?.value;
    if (value !== undefined && value !== null) child[name] = String(value);
  }
  return findingOnlyAbsolute(child);
}

/**
 * Without the parts of PATH that begin in the folder a program is started in: an agent writes there, and would name the next `git`. An
 * empty PATH means that folder as well.
 */
function findingOnlyAbsolute({ PATH, ...rest }: Record<string, string>): Record<string, string> {
  const safe = PATH?.split(delimiter).filter(isAbsolute).join(delimiter);
  return safe ? { PATH: safe, ...rest } : rest;
}

/** What of a run its programs are to know. */
export interface OfRun {
  readonly run: string;
  readonly temporary?: string | undefined;
}

/** A coding agent's environment: the above, no terminal, and the tag that marks each of the run's processes. */
export function agentEnvironment(
  environment: Environment,
  { run, temporary }: OfRun,
  names: readonly string[],
  added: Readonly<Record<string, string>>,
) {
  const own = { TERM: 'dumb', NO_COLOR: '1', CI: '1', ...(temporary === undefined ? {} : { TMPDIR: temporary }) };
  return findingOnlyAbsolute({ ...childEnvironment(environment, names), ...own, ...added, [RUN_TAG]: run });
}

/** The secrets of Milton itself, by the names of their variables: no child sees them, whatever is asked for. */
export const isMiltonsOwn = (name: string) => /^(?:NTFY|PERPLEXITY|RESEARCH|MILTON)_/.test(name) && name !== RUN_TAG;
