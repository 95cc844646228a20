import { z } from 'zod';
import type { AgentTask } from '../../../pipeline/agent.ts';
import type { Hidden } from './hidden.ts';

/**
 * Claude Code's own sandbox for the commands it runs. `domains` are the hosts they may reach, `hidden` the paths that they and it may
 * not read, beside those that usually hold keys.
 */
export const sandbox = z
  .strictObject({
    domains: z.array(z.string()).default([]),
    hidden: z.array(z.string()).default([]),
  })
  .or(z.literal(false))
  .default({ domains: [], hidden: [] });

/** Its own login, which its commands do not need. */
const LOGIN = ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'ANTHROPIC_CUSTOM_HEADERS', 'CLAUDE_CODE_OAUTH_TOKEN'];

export interface SettingsOf {
  readonly sandbox: z.output<typeof sandbox>;
  readonly hidden: Hidden;
  /** As far as it is known. */
  readonly task: Partial<Pick<AgentTask, 'access' | 'folder' | 'temporary'>>;
  /** Where git keeps what is not the agent's to change. */
  readonly gitDir?: string | undefined;
}

/** What `--settings` is to say: what its own tools may not touch, and the sandbox of its commands. */
export function claudeSettings({ sandbox: wanted, hidden, task, gitDir }: SettingsOf): object {
  const records = gitDir === undefined ? [] : [gitDir];
  const secrets = [...hidden.places, ...hidden.inState];
  // They count in every permission mode, and for files that are named in a prompt as well.
  const deny = [
    ...secrets.flatMap((path) => rules('Read', path)),
    ...[...secrets, ...records].flatMap((path) => rules('Edit', path)),
  ];
  // Where it may only read, it has no tool that starts a command.
  if (wanted === false || task.access === 'read') return { permissions: { deny } };
  const own = [task.folder, task.temporary].filter((path) => path !== undefined);
  return {
    permissions: { deny },
    sandbox: {
      enabled: true,
      failIfUnavailable: true,
      allowUnsandboxedCommands: false,
      autoAllowBashIfSandboxed: true,
      network: { allowedDomains: wanted.domains },
      filesystem: {
        denyRead: [...hidden.places, hidden.state],
        allowRead: own,
        allowWrite: own,
        denyWrite: records,
      },
      credentials: { envVars: LOGIN.map((name) => ({ name, mode: 'deny' })) },
    },
  };
}

/** A file, and all that is in a folder. In these rules, a path from the root begins with two slashes. */
function rules(tool: string, path: string): readonly string[] {
  const place = path.startsWith('/') ? `/${path}` : path;
  return [`${tool}(${place})`, `${tool}(${place}/**)`];
}
