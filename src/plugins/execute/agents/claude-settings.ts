import { z } from 'zod';

/**
 * Claude Code's own sandbox for the commands it runs. `domains` are the hosts they may reach, `hidden` the paths they may not read,
 * beside those that usually hold keys. `required` = rather no command at all than one outside it.
 */
export const sandbox = z
  .strictObject({
    required: z.boolean().default(false),
    domains: z.array(z.string()).default([]),
    hidden: z.array(z.string()).default([]),
  })
  .or(z.literal(false))
  .default(false);

const HIDDEN = ['~/.ssh', '~/.aws', '~/.gnupg', '~/.netrc', '~/.config/milton', '~/.config/gh'];

/** What `--settings` is to say of the sandbox; undefined where there is to be none. */
export function claudeSettings(wanted: z.output<typeof sandbox>): object | undefined {
  if (wanted === false) return undefined;
  const { required, domains, hidden } = wanted;
  return {
    sandbox: {
      enabled: true,
      failIfUnavailable: required,
      allowUnsandboxedCommands: false,
      autoAllowBashIfSandboxed: true,
      network: { allowedDomains: domains },
      filesystem: { denyRead: [...HIDDEN, ...hidden] },
    },
  };
}
