import { join, resolve } from 'node:path';
import { Environment, Folders } from '../../../pipeline/services.ts';
import type { Get } from '../../../pipeline/token.ts';

/** Where people usually keep keys and logins; `~` is their home folder. */
const KEYS = [
  ...['~/.ssh', '~/.gnupg', '~/.password-store', '~/.local/share/keyrings', '~/.netrc', '~/.git-credentials'],
  ...['~/.aws', '~/.azure', '~/.config/gcloud', '~/.kube', '~/.docker', '~/.config/gh', '~/.config/git/credentials'],
  ...['~/.npmrc', '~/.pypirc', '~/.cargo/credentials.toml', '~/.config/milton'],
  // The logins of the agents themselves, which they read outside of their sandboxes.
  ...['~/.claude/.credentials.json', '~/.codex/auth.json', '~/.codex/config.toml', '~/.config/ntfy'],
];

/** The variables that move these logins elsewhere. */
const LOGINS = { CLAUDE_CONFIG_DIR: ['.credentials.json'], CODEX_HOME: ['auth.json', 'config.toml'] };

/** What agents may not read, as absolute paths or by the home folder. */
export interface Hidden {
  /** Keys and logins, and what Milton keeps outside of its own folder. */
  readonly places: readonly string[];
  /** Milton's own folder, in which each run has its worktree and what is temporary. */
  readonly state: string;
  /** What else is in there. */
  readonly inState: readonly string[];
}

/** What is hidden from agents: keys, logins, and what Milton knows of other requests. `more` = what the person adds. */
export function hiddenFrom(get: Get, more: readonly string[]): Hidden {
  const { state, output, logs, databaseFile = join(state, 'milton.db') } = get(Folders);
  const environment = get(Environment);
  const { files = [] } = environment;
  const moved = Object.entries(LOGINS).flatMap(([variable, names]) => {
    const folder = environment.get(variable)?.value;
    return typeof folder === 'string' && folder !== '' ? names.map((name) => resolve(folder, name)) : [];
  });
  const isInState = (path: string) => path.startsWith(`${state}/`);
  const own = [
    ...['', '-wal', '-shm', '-backups'].map((end) => `${databaseFile}${end}`),
    join(state, 'agents'),
    output,
    logs,
  ];
  return {
    places: [...KEYS, ...moved, ...files, ...own.filter((path) => !isInState(path)), ...more],
    state,
    inState: own.filter(isInState),
  };
}
