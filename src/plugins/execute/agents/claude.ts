import { z } from 'zod';
import type { AgentTask } from '../../../pipeline/agent.ts';
import { fromEnv } from '../../../pipeline/options.ts';
import { defineAgent } from '../../../pipeline/part.ts';
import { cleaner } from '../../../pipeline/services/clean.ts';
import { Redact } from '../../../pipeline/services/redact.ts';
import { Environment, Folders, ProcessRunner } from '../../../pipeline/services.ts';
import { amountOf } from '../../usage/amounts.ts';
import { commonDir } from '../git/common-dir.ts';
import { agentEnvironment, type OfRun } from '../process/child-environment.ts';
import { checkClaude, notInstalled } from './claude-check.ts';
import { begin, type ClaudeState, failureOf, readLine, saidBy, usedBy } from './claude-events.ts';
import { widenedBy } from './claude-repository.ts';
import { claudeSettings, sandbox } from './claude-settings.ts';
import { cliAgent, type Dialect } from './cli-agent.ts';
import { cliOptions } from './cli-options.ts';
import { Findings, NO_SESSION } from './findings.ts';
import { hiddenFrom } from './hidden.ts';
import { checkSandbox } from './sandbox-check.ts';
import { labelOf } from './wording.ts';

const options = z.strictObject({
  bin: fromEnv('CLAUDE_BIN', z.string()).describe('the command'),
  timeout: fromEnv('CLAUDE_TIMEOUT', z.number().min(0)).describe('the longest run in seconds; 0 = no limit'),
  model: z.string().optional().describe('the model; Claude Code decides unless given'),
  permissionMode: z
    .enum(['default', 'acceptEdits', 'auto', 'dontAsk', 'plan', 'bypassPermissions'])
    .default('acceptEdits')
    .describe(
      'what it may do without asking: `default`, `acceptEdits`, `auto`, `dontAsk`, `plan` or `bypassPermissions`, with which its own tools write wherever you may',
    ),
  allowedTools: z
    .array(z.string())
    .default([])
    .describe('tools it may use without asking, in its own notation: `Bash(npm test)`'),
  maxTurns: z.int().positive().optional().describe('the most turns'),
  maxBudgetUsd: z
    .number()
    .positive()
    .default(5)
    .describe(
      'the most a run may cost, in US dollars; `CONTINUE` goes on with one that was stopped there, with as much again',
    ),
  sandbox: sandbox.describe(
    "the hosts that its commands may reach, and paths that neither they nor Claude Code itself may read, beside [those that are hidden anyway](#the-sandbox-of-an-agent): `{ domains: ['registry.example.com'], hidden: ['~/private'] }`. `false` = no sandbox",
  ),
  repositorySettings: z
    .boolean()
    .default(false)
    .describe(
      'whether what the repository itself sets for Claude Code counts: hooks, permissions, skills, its `CLAUDE.md` beyond being read. Hooks run outside of the sandbox; once they have changed, somebody at the machine is asked',
    ),
  ...cliOptions,
});
type Options = z.output<typeof options>;

const NAME = 'claude';

/** The variables by which Claude Code finds its account and its model. */
const OWN_VARIABLES = [
  ...['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'ANTHROPIC_BASE_URL', 'ANTHROPIC_CUSTOM_HEADERS', 'ANTHROPIC_MODEL'],
  ...['CLAUDE_CODE_OAUTH_TOKEN', 'CLAUDE_CODE_MAX_RETRIES', 'CLAUDE_CONFIG_DIR'],
];
// Not CLAUDE_CODE_SUBPROCESS_ENV_SCRUB, which forces the default permission mode, so that every edit is refused, and needs bubblewrap.
const QUIET = { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', DISABLE_AUTOUPDATER: '1' };

const dialect: Dialect<ClaudeState> = {
  begin,
  read: readLine,
  used: usedBy,
  ending: ({ result }) =>
    result === undefined ? undefined : result.subtype === 'error_during_execution' ? 'interrupted' : 'ended',
  failure: failureOf,
  said: saidBy,
};

/** Claude Code as a coding agent; see `options` for what can be set. */
export const claude = defineAgent({
  name: NAME,
  options,
  create({ name, options, get, logger }) {
    const { bin, timeout, idleTimeout, stopGrace, outputLimit, env, envPass } = options;
    const runner = get(ProcessRunner);
    const findings = new Findings();
    const environment = (of: OfRun) =>
      agentEnvironment(get(Environment), of, [...OWN_VARIABLES, ...envPass], { ...QUIET, ...env });
    const settings = (task: Partial<AgentTask>, gitDir?: string) => {
      const hidden = hiddenFrom(get, options.sandbox ? options.sandbox.hidden : []);
      return claudeSettings({ sandbox: options.sandbox, hidden, task, gitDir });
    };
    const call = (task: Partial<AgentTask>, gitDir?: string) => argumentsOf(options, task, settings(task, gitDir));
    const agent = cliAgent(
      {
        name,
        label: labelOf('Claude Code', name, NAME),
        limits: { timeout: timeout * 1_000, idle: idleTimeout, stopGrace, output: outputLimit },
        scope: options.scope,
        timeoutSetting: 'CLAUDE_TIMEOUT',
        notInstalled: notInstalled(bin),
        dialect,
        check(access) {
          const env = environment({ run: 'check' });
          const { state } = get(Folders);
          const shut = options.sandbox !== false && access !== 'read';
          const sandbox = async () => (shut ? checkSandbox({ runner, findings, env, state }) : []);
          return checkClaude({ runner, findings, bin, calls: callsOf(call), env, sandbox });
        },
        async call(task, session) {
          const own = { bin, env: environment(task) };
          const heeds = options.sandbox === false || options.repositorySettings || task.access === 'read';
          const widened = heeds ? undefined : await widenedBy(task.folder, { runner, ...own });
          if (widened) return widened;
          const args = call(task, await commonDir(task.folder));
          const conversation = [task.resume ? '--resume' : '--session-id', session];
          return { ...own, args: [...args, ...conversation], input: plainText(task.prompt) };
        },
      },
      { runner, logger, clean: cleaner(get(Redact)) },
    );
    // In that mode its own tools write wherever it wants.
    const confined = options.sandbox !== false && options.permissionMode !== 'bypassPermissions';
    const cost = `at most ${amountOf('costUsd', options.maxBudgetUsd)}`;
    return {
      ...agent,
      confined,
      hidden: options.sandbox ? options.sandbox.hidden : [],
      terms: `${confined ? 'sandboxed' : 'no sandbox'}, ${cost}`,
      heedsRepository: options.repositorySettings,
    };
  },
});

/** To change files, and to answer a question, each with what a task may add. */
const callsOf = (call: (task: Partial<AgentTask>) => readonly string[]): readonly (readonly string[])[] => [
  [...call({}), '--session-id', NO_SESSION],
  [...call({ access: 'read', limits: { turns: 1, costUsd: 1 } }), '--resume', NO_SESSION],
];

function argumentsOf(options: Options, task: Partial<AgentTask>, settings: object): readonly string[] {
  const { allowedTools, maxTurns, maxBudgetUsd, repositorySettings } = options;
  const { model = options.model, permissionMode = options.permissionMode, limits = {}, access } = task;
  const turns = Math.min(maxTurns ?? Number.POSITIVE_INFINITY, limits.turns ?? Number.POSITIVE_INFINITY);
  const cost = Math.min(maxBudgetUsd, limits.costUsd ?? Number.POSITIVE_INFINITY);
  const permissions =
    access === 'read'
      ? ['--tools', 'Read,Grep,Glob']
      : [
          // Versions differ in what they call the default mode, but all take it when none is named.
          ...(permissionMode === 'default' ? [] : ['--permission-mode', permissionMode]),
          ...(allowedTools.length > 0 ? ['--allowedTools', ...allowedTools] : []),
        ];
  return [
    ...['-p', '--output-format', 'stream-json', '--verbose'],
    ...(model ? ['--model', model] : []),
    ...(Number.isFinite(turns) ? ['--max-turns', String(turns)] : []),
    ...['--max-budget-usd', String(cost)],
    ...permissions,
    ...['--settings', JSON.stringify(settings)],
    ...(repositorySettings ? [] : ['--setting-sources', 'user']),
    '--strict-mcp-config',
  ];
}

/**
 * A prompt that begins like one of its commands (`/clear`) would be carried out as one, and a file that is named with an @ be read,
 * wherever it is.
 */
const plainText = (prompt: string) => {
  const text = prompt.replace(/(^|[^\x21-\x7e])@/g, '$1\\@');
  return text.trimStart().startsWith('/') ? `Request:\n${text}` : text;
};
