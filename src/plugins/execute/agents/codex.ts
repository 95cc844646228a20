import { z } from 'zod';
import type { AgentTask } from '../../../pipeline/agent.ts';
import { fromEnv } from '../../../pipeline/options.ts';
import { defineAgent } from '../../../pipeline/part.ts';
import { cleaner } from '../../../pipeline/services/clean.ts';
import { Redact } from '../../../pipeline/services/redact.ts';
import { Environment, ProcessRunner } from '../../../pipeline/services.ts';
import { agentEnvironment, type OfRun } from '../process/child-environment.ts';
import { cliAgent, type Dialect } from './cli-agent.ts';
import { cliOptions } from './cli-options.ts';
import { checkCodex, notInstalled } from './codex-check.ts';
import { begin, type CodexState, failureOf, readLine, saidBy, usedBy } from './codex-events.ts';
import { distrustful, liftsSandbox, permissionArguments } from './codex-permissions.ts';
import { Findings, NO_SESSION } from './findings.ts';
import { type Hidden, hiddenFrom } from './hidden.ts';
import { labelOf } from './wording.ts';

/** What its commands may do; by its own words. */
const sandbox = z.enum(['read-only', 'workspace-write', 'danger-full-access']);

// Some of these beat every other setting without a word, so that a question could change files.
const extraArgs = z.array(z.string()).check(({ value, issues }) => {
  const lifting = liftsSandbox(value);
  if (lifting === undefined) return;
  const message = `Expected no argument that changes what the sandbox allows (${lifting}): set the option sandbox`;
  issues.push({ code: 'custom', message, input: value });
});

const options = z.strictObject({
  bin: fromEnv('CODEX_BIN', z.string()).describe('the command'),
  timeout: fromEnv('CODEX_TIMEOUT', z.number().min(0)).describe('the longest run in seconds; 0 = no limit'),
  model: fromEnv('CODEX_MODEL', z.string().optional()).describe('the model; Codex decides unless given'),
  extraArgs: fromEnv('CODEX_EXTRA_ARGS', extraArgs).describe(
    'further arguments for `codex exec`; what would change its sandbox is refused (`-s`, `--full-auto`, `--add-dir`, `-c sandbox_mode=…` and their like)',
  ),
  sandbox: sandbox
    .default('workspace-write')
    .describe(
      'what it may do: `read-only`, `workspace-write` (change files of its folder, without network) or `danger-full-access`',
    ),
  hidden: z
    .array(z.string())
    .default([])
    .describe('paths that its commands may not read, beside [those that are hidden anyway](#the-sandbox-of-an-agent)'),
  repositorySettings: z
    .boolean()
    .default(false)
    .describe(
      'whether the `.codex` folder of a repository counts that you have told Codex to trust. MCP servers run outside of the sandbox; once they have changed, somebody at the machine is asked',
    ),
  ...cliOptions,
});
type Options = z.output<typeof options>;

const NAME = 'codex';

/** The variables by which Codex finds its account and its model. */
const OWN_VARIABLES = ['OPENAI_API_KEY', 'CODEX_API_KEY', 'CODEX_HOME', 'OPENAI_BASE_URL'];

const dialect: Dialect<CodexState> = {
  begin,
  read: readLine,
  used: usedBy,
  waiting: ({ waiting }) => waiting,
  ending: ({ ended }) => (ended === undefined ? undefined : 'ended'),
  failure: failureOf,
  said: saidBy,
};

/** OpenAI's Codex as a coding agent; see `options` for what can be set. */
export const codex = defineAgent({
  name: NAME,
  options,
  create({ name, options, get, logger }) {
    const { bin, timeout, idleTimeout, stopGrace, outputLimit, env, envPass } = options;
    const runner = get(ProcessRunner);
    const findings = new Findings();
    const environment = (of: OfRun) => agentEnvironment(get(Environment), of, [...OWN_VARIABLES, ...envPass], env);
    const call = (task: Partial<AgentTask>) => argumentsOf(options, task, hiddenFrom(get, options.hidden));
    const agent = cliAgent(
      {
        name,
        label: labelOf('Codex', name, NAME),
        limits: { timeout: timeout * 1_000, idle: idleTimeout, stopGrace, output: outputLimit },
        scope: options.scope,
        timeoutSetting: 'CODEX_TIMEOUT',
        notInstalled: notInstalled(bin),
        dialect,
        async check(access) {
          const env = environment({ run: 'check' });
          const kind = access === 'read' ? 'read-only' : options.sandbox;
          const sandbox = (hiding: string, folder: string) =>
            permissionArguments({ sandbox: kind, hidden: hiddenFrom(get, [hiding]), task: { folder }, logins: [] });
          const shut = kind === 'danger-full-access' ? undefined : sandbox;
          return checkCodex({ runner, findings, bin, calls: callsOf(call), env, sandbox: shut });
        },
        call: (task) => ({
          bin,
          // The prompt comes from standard input.
          args: [...call(task), ...(task.resume ? ['resume', task.resume] : []), '-'],
          env: environment(task),
          input: task.prompt,
        }),
      },
      { runner, logger, clean: cleaner(get(Redact)) },
    );
    const confined = options.sandbox !== 'danger-full-access';
    const terms = confined ? 'sandboxed' : 'no sandbox';
    return { ...agent, confined, hidden: options.hidden, terms, heedsRepository: options.repositorySettings };
  },
});

/** To change files, and to answer a question in a conversation that goes on. */
const callsOf = (call: (task: Partial<AgentTask>) => readonly string[]): readonly (readonly string[])[] => [
  call({}),
  [...call({ access: 'read' }), 'resume', NO_SESSION],
];

function argumentsOf(options: Options, task: Partial<AgentTask>, hidden: Hidden): readonly string[] {
  const { model = options.model, permissionMode, access, folder } = task;
  const allowed = access === 'read' ? 'read-only' : (sandbox.safeParse(permissionMode).data ?? options.sandbox);
  return [
    ...['exec', '--json', '--skip-git-repo-check', '-c', 'analytics.enabled=false'],
    ...(model ? ['-m', model] : []),
    ...options.extraArgs,
    // The last one of a kind counts.
    ...permissionArguments({ sandbox: allowed, hidden, task, logins: loginsIn(options.extraArgs) }),
    ...(options.repositorySettings || folder === undefined ? [] : distrustful(folder)),
  ];
}

/** The variables in which models' services that are named in arguments find their keys. */
const loginsIn = (args: readonly string[]) =>
  args.flatMap((each) => [...each.matchAll(/\benv_key\s*=\s*["'](\w+)["']/g)].map(([, name]) => name!));
