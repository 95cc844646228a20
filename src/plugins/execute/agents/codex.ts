import { z } from 'zod';
import type { AgentTask } from '../../../pipeline/agent.ts';
import { fromEnv } from '../../../pipeline/options.ts';
import { defineAgent } from '../../../pipeline/part.ts';
import { cleaner } from '../../../pipeline/services/clean.ts';
import { Redact } from '../../../pipeline/services/redact.ts';
import { Environment, ProcessRunner } from '../../../pipeline/services.ts';
import { agentEnvironment } from '../process/child-environment.ts';
import { cliAgent, type Dialect } from './cli-agent.ts';
import { cliOptions } from './cli-options.ts';
import { checkCodex, notInstalled } from './codex-check.ts';
import { begin, type CodexState, failureOf, readLine, saidBy, usedBy } from './codex-events.ts';
import { Findings, NO_SESSION } from './findings.ts';
import { labelOf } from './wording.ts';

/** What its commands may do; by its own words. */
const sandbox = z.enum(['read-only', 'workspace-write', 'danger-full-access']);

// These beat `-s` without a word, so that a question could change files.
const extraArg = z.string().refine((each) => !/^--(?:yolo|dangerously-bypass-approvals-and-sandbox)$/.test(each), {
  error: 'Expected no argument that lifts the sandbox: set the option sandbox',
});

const options = z.strictObject({
  bin: fromEnv('CODEX_BIN', z.string()),
  /** Seconds; 0 = none. */
  timeout: fromEnv('CODEX_TIMEOUT', z.number().min(0)),
  model: fromEnv('CODEX_MODEL', z.string().optional()),
  extraArgs: fromEnv('CODEX_EXTRA_ARGS', z.array(extraArg)),
  sandbox: sandbox.default('workspace-write'),
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
    const environment = (run: string) => agentEnvironment(get(Environment), run, [...OWN_VARIABLES, ...envPass], env);
    return cliAgent(
      {
        name,
        label: labelOf('Codex', name, NAME),
        limits: { timeout: timeout * 1_000, idle: idleTimeout, stopGrace, output: outputLimit },
        scope: options.scope,
        timeoutSetting: 'CODEX_TIMEOUT',
        notInstalled: notInstalled(bin),
        dialect,
        check: () => checkCodex({ runner, findings, bin, calls: callsOf(options), env: environment('check') }),
        call: (task) => ({
          bin,
          // The prompt comes from standard input.
          args: [...argumentsOf(options, task), ...(task.resume ? ['resume', task.resume] : []), '-'],
          env: environment(task.run),
          input: task.prompt,
        }),
      },
      { runner, logger, clean: cleaner(get(Redact)) },
    );
  },
});

/** To change files, and to answer a question in a conversation that goes on. */
const callsOf = (options: Options): readonly (readonly string[])[] => [
  argumentsOf(options, {}),
  [...argumentsOf(options, { access: 'read' }), 'resume', NO_SESSION],
];

function argumentsOf(options: Options, task: Partial<AgentTask>): readonly string[] {
  const { model = options.model, permissionMode, access } = task;
  const allowed = access === 'read' ? 'read-only' : (sandbox.safeParse(permissionMode).data ?? options.sandbox);
  return [
    ...['exec', '--json', '-s', allowed, '--skip-git-repo-check', '-c', 'analytics.enabled=false'],
    ...(model ? ['-m', model] : []),
    ...options.extraArgs,
  ];
}
