import type { AgentTask } from '../../../pipeline/agent.ts';
import type { Hidden } from './hidden.ts';

export type CodexSandbox = 'read-only' | 'workspace-write' | 'danger-full-access';

const BASES = { 'read-only': ':read-only', 'workspace-write': ':workspace' } as const;

/** Its own login, which its commands do not need. */
const LOGIN = ['OPENAI_API_KEY', 'CODEX_API_KEY'];

export interface PermissionsOf {
  readonly sandbox: CodexSandbox;
  readonly hidden: Hidden;
  /** As far as it is known. */
  readonly task: Partial<Pick<AgentTask, 'folder' | 'temporary'>>;
  /** Further variables that its commands do not need. */
  readonly logins: readonly string[];
}

/** The arguments that say what its commands may do: Codex's own kind of sandbox, without what is hidden, and without its login. */
export function permissionArguments({ sandbox, hidden, task, logins }: PermissionsOf): readonly string[] {
  if (sandbox === 'danger-full-access') return ['-s', sandbox];
  // Where nothing can be written, nothing that is hidden can be shown again.
  const own = sandbox === 'read-only' ? hidden.inState : [hidden.state];
  const { temporary } = task;
  const filesystem = {
    // All runs share it.
    ':slash_tmp': 'read',
    ...Object.fromEntries([...hidden.places, ...own].map((path) => [path, 'deny'])),
    ...(temporary === undefined || sandbox === 'read-only' ? {} : { [temporary]: 'write' }),
  };
  const settings = [
    'default_permissions="milton"',
    `permissions.milton=${table({ extends: BASES[sandbox], filesystem })}`,
    ...[...LOGIN, ...logins].map((name) => `shell_environment_policy.set.${name}=""`),
  ];
  return settings.flatMap((setting) => ['-c', setting]);
}

/** What the repository itself sets for Codex counts nowhere, whomever the person has told Codex to trust: it may start programs. */
export const distrustful = (folder: string): readonly string[] => [
  '-c',
  `projects=${table({ [folder]: { trust_level: 'untrusted' } })}`,
];

/** As TOML writes a table in one line. */
function table(value: string | object): string {
  if (typeof value === 'string') return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, each]) => `${JSON.stringify(key)}=${table(each)}`)
    .join(',')}}`;
}

/** Options and settings that decide what commands may do, or where. */
const FLAGS = /^(?:-[sC]|--(?:sandbox|cd|add-dir|worktree|trust|full-auto|yolo|approve-for-me|dangerously-.*)(?:=|$))/;
const SETTINGS = /^\s*["']?(?:sandbox|default_permissions|permissions|projects|approval|shell_environment_policy)/;

/** The first of some arguments for `codex exec` that changes what its sandbox allows. */
export function liftsSandbox(args: readonly string[]): string | undefined {
  return args.find((each, index) => {
    if (FLAGS.test(each)) return true;
    const joined = /^(?:-c|--config=)(.+)$/s.exec(each)?.[1];
    const apart = /^(?:-c|--config)$/.test(args[index - 1] ?? '') ? each : undefined;
    return SETTINGS.test(joined ?? apart ?? '');
  });
}
