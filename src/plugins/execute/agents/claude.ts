import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { z } from 'zod';
import type { Agent, AgentContext, AgentReport, AgentTask } from '../../../pipeline/agent.ts';
import type { Json } from '../../../pipeline/json.ts';
import { fromEnv } from '../../../pipeline/options.ts';
import { defineAgent } from '../../../pipeline/part.ts';
import { Environment, type Logger, ProcessRunner } from '../../../pipeline/services.ts';
import { agentEnvironment } from '../child-environment.ts';
import { formatDuration } from '../duration.ts';
import { Processes } from '../processes.ts';
import { type CliEnd, runCli, stopLeftover } from '../run-cli.ts';
import { Tail } from '../tail.ts';
import { checkClaude, notInstalled } from './claude-check.ts';
import { BEGINNING, type ClaudeState, describeTool, failureOf, readLine } from './claude-events.ts';
import { labelOf } from './label.ts';

const options = z.strictObject({
  bin: fromEnv('CLAUDE_BIN', z.string()),
  /** Seconds; 0 = none. */
  timeout: fromEnv('CLAUDE_TIMEOUT', z.number().min(0)),
  model: z.string().optional(),
  permissionMode: z
    .enum(['default', 'acceptEdits', 'auto', 'dontAsk', 'plan', 'bypassPermissions'])
    .default('acceptEdits'),
  /** Tools it may use without asking, in its own notation: `Bash(npm test)`. */
  allowedTools: z.array(z.string()).default([]),
  maxTurns: z.int().positive().optional(),
  /** Milliseconds without any sign of life after which it is stopped; 0 = none. */
  idleTimeout: z.number().min(0).default(600_000),
  /** Milliseconds it may take to stop by itself. */
  stopGrace: z.number().min(0).default(5_000),
  /** Variables added to its environment. */
  env: z.record(z.string(), z.string()).default({}),
  /** Names of Milton's own variables that it gets as well. */
  envPass: z.array(z.string()).default([]),
});

const NAME = 'claude';

/** Claude Code as a coding agent; see `options` for what can be set. */
export const claude = defineAgent({
  name: NAME,
  options,
  create: ({ name, options, get, logger }) =>
    new ClaudeCode(name, options, get(Environment), get(ProcessRunner), logger),
});

/** The variables by which Claude Code finds its account and its model. */
const OWN_VARIABLES = [
  ...['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'ANTHROPIC_BASE_URL', 'ANTHROPIC_CUSTOM_HEADERS', 'ANTHROPIC_MODEL'],
  ...['CLAUDE_CODE_OAUTH_TOKEN', 'CLAUDE_CODE_MAX_RETRIES', 'CLAUDE_CONFIG_DIR'],
];
const QUIET = { CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1', DISABLE_AUTOUPDATER: '1' };

class ClaudeCode implements Agent {
  readonly name: string;
  readonly label: string;
  readonly #options: z.output<typeof options>;
  readonly #environment: Environment;
  readonly #runner: ProcessRunner;
  readonly #processes: Processes;
  readonly #logger: Logger;

  constructor(
    name: string,
    own: z.output<typeof options>,
    environment: Environment,
    runner: ProcessRunner,
    logger: Logger,
  ) {
    this.name = name;
    this.label = labelOf('Claude Code', name, NAME);
    this.#options = own;
    this.#environment = environment;
    this.#runner = runner;
    this.#processes = new Processes(runner);
    this.#logger = logger;
  }

  check(): Promise<readonly string[]> {
    return checkClaude(this.#runner, this.#options.bin, this.#env('check'));
  }

  async run(task: AgentTask, context: AgentContext): Promise<AgentReport> {
    const { bin, timeout, idleTimeout, stopGrace } = this.#options;
    const session = randomUUID();
    let state: ClaudeState = { ...BEGINNING, session };
    const end = await runCli({
      task: { ...task, prompt: plainText(task.prompt) },
      context,
      command: { bin, args: this.#arguments(task, session), env: this.#env(task.run) },
      limits: { timeout: timeout * 1_000, idle: idleTimeout, stopGrace },
      processes: this.#processes,
      logger: this.#logger,
      note: { session },
      onLine: (line) => {
        const read = readLine(state, line);
        state = read.state;
        for (const each of read.progress) context.progress(each);
      },
    });
    return reportOf(state, end, this.#stoppedOrMissing(end) ?? failureOf(state, end));
  }

  async recover(task: AgentTask, noted: Json | undefined): Promise<AgentReport | undefined> {
    const before = await replay(task.output);
    await stopLeftover(this.#processes, this.#logger, task.run, noted, this.#options.stopGrace);
    // It may have finished just before it was stopped; that it was interrupted is no result.
    const state = before.result ? before : await replay(task.output);
    if (!state.result || (!before.result && state.result.subtype === 'error_during_execution')) return undefined;
    const end: CliEnd = {
      how: 'exited',
      exitCode: 0,
      signal: undefined,
      stderr: '',
      durationMs: state.result.duration_ms ?? 0,
    };
    return reportOf(state, end, failureOf(state, end));
  }

  #arguments({ access }: AgentTask, session: string): readonly string[] {
    const { model, permissionMode, allowedTools, maxTurns } = this.#options;
    const permissions =
      access === 'read'
        ? ['--tools', 'Read,Grep,Glob']
        : [
            // Versions differ in what they call the default mode, but all take it when none is named.
            ...(permissionMode === 'default' ? [] : ['--permission-mode', permissionMode]),
            ...(allowedTools.length > 0 ? ['--allowedTools', ...allowedTools] : []),
          ];
    return [
      ...['-p', '--output-format', 'stream-json', '--verbose', '--session-id', session],
      ...(model ? ['--model', model] : []),
      ...(maxTurns ? ['--max-turns', String(maxTurns)] : []),
      ...permissions,
      '--strict-mcp-config',
    ];
  }

  #env(run: string): Record<string, string> {
    const { env, envPass } = this.#options;
    return agentEnvironment(this.#environment, run, [...OWN_VARIABLES, ...envPass], { ...QUIET, ...env });
  }

  #stoppedOrMissing({ how, stderr }: CliEnd): string | undefined {
    const { bin, timeout, idleTimeout } = this.#options;
    switch (how) {
      case 'timeout':
        return `It was stopped after ${formatDuration(timeout * 1_000)} (CLAUDE_TIMEOUT).`;
      case 'idle':
        return `It was stopped after ${formatDuration(idleTimeout)} without any sign of life (idleTimeout).`;
      case 'missing':
        return notInstalled(bin);
      case 'folder':
        return `Its working folder ${stderr} is missing.`;
      case 'refused':
        return `It could not be started: ${stderr}`;
      default:
        return undefined;
    }
  }
}

/** A prompt that begins like one of its commands (`/clear`) would be carried out as one. */
const plainText = (prompt: string) => (prompt.trimStart().startsWith('/') ? `Request:\n${prompt}` : prompt);

function reportOf(state: ClaudeState, { durationMs }: CliEnd, reason: string | undefined): AgentReport {
  const { result, session, text } = state;
  const denials = result?.permission_denials.map((each) => describeTool(each.tool_name, each.tool_input)) ?? [];
  return {
    status: reason === undefined ? 'succeeded' : 'failed',
    ...(reason === undefined ? {} : { reason }),
    text: result?.result ?? text,
    durationMs,
    ...(result?.num_turns === undefined ? {} : { turns: result.num_turns }),
    ...(result?.total_cost_usd === undefined ? {} : { costUsd: result.total_cost_usd }),
    ...(session === undefined ? {} : { session }),
    denials: [...new Set(denials)],
  };
}

async function replay(output: string): Promise<ClaudeState> {
  let state = BEGINNING;
  if (!(await stat(output).catch(() => undefined))) return state;
  await using tail = await Tail.open(output, (line) => {
    state = readLine(state, line).state;
  });
  await tail.drain();
  return state;
}
