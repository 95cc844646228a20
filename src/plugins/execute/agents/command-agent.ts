import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { z } from 'zod';
import type { Agent, AgentTask } from '../../../pipeline/agent.ts';
import { MiltonError } from '../../../pipeline/errors.ts';
import { defineAgent, type Part } from '../../../pipeline/part.ts';
import { cleaner } from '../../../pipeline/services/clean.ts';
import { Redact } from '../../../pipeline/services/redact.ts';
import { Environment, ProcessRunner } from '../../../pipeline/services.ts';
import { agentEnvironment, type OfRun } from '../process/child-environment.ts';
import { createPrivateFile } from '../process/private-file.ts';
import { type Call, cliAgent, type Failure } from './cli-agent.ts';
import { checkCommand, notInstalled } from './command-check.ts';
import { type CommandOptions, commandOptions } from './command-options.ts';
import { commandOutput } from './command-output.ts';
import { asksFor, fill, withoutNul } from './command-template.ts';
import { Findings } from './findings.ts';

const UNNAMED = 'commandAgent';

/** The system takes no argument of so many bytes. */
const ARGUMENT_LIMIT = 131_072;

const define = defineAgent({
  name: UNNAMED,
  options: commandOptions,
  create({ name, options, get, logger }) {
    if (name === UNNAMED) {
      throw new MiltonError('CONFIG', 'it has no name that a request could use', { hint: "Name it: as: 'opencode'" });
    }
    const { bin, label = name, timeout, idleTimeout, stopGrace, outputLimit, stop, env, envPass } = options;
    const runner = get(ProcessRunner);
    const findings = new Findings();
    const environment = (of: OfRun) => agentEnvironment(get(Environment), of, envPass, env);
    const agent = cliAgent(
      {
        name,
        label,
        limits: { timeout: timeout * 1_000, idle: idleTimeout, stopGrace, stopSignal: stop, output: outputLimit },
        scope: options.scope,
        timeoutSetting: 'timeout',
        notInstalled: notInstalled(label, bin),
        dialect: commandOutput(options),
        check: () => checkCommand({ runner, findings, label, options, env: environment({ run: 'check' }) }),
        call: (task, session) => callOf({ options, label, task, session, env: environment(task) }),
      },
      { runner, logger, clean: cleaner(get(Redact)) },
    );
    const { confined } = options;
    const known = { ...agent, confined, terms: confined ? 'sandboxed' : 'no sandbox' };
    if (options.prompt !== 'file') return known;
    return {
      ...known,
      run: (task, context) => withoutFile(task, agent.run(task, context)),
      recover: (task, noted) => withoutFile(task, agent.recover(task, noted)),
    };
  },
});

/**
 * Any program as a coding agent: how it is called, and what its output means, is said by the options alone.
 * @example commandAgent({ as: 'opencode', bin: 'opencode', args: ['run', ['-m', '{{model}}']] })
 */
export const commandAgent: (options: z.input<typeof commandOptions> & { readonly as: string }) => Part<Agent> = define;

interface CallOf {
  readonly options: CommandOptions;
  readonly label: string;
  readonly task: AgentTask;
  readonly session: string;
  readonly env: Readonly<Record<string, string>>;
}

async function callOf({ options, label, task, session, env }: CallOf): Promise<Call | Failure> {
  const template = task.access === 'read' ? options.readArgs : options.args;
  if (!template) {
    const reason = `It is not set up for RESEARCH. Give it readArgs in milton.config.ts: arguments with which ${label} changes no file.`;
    return { cause: 'other', reason };
  }
  if (task.resume !== undefined && !options.resumeArgs) {
    const reason = `It is not set up for CONTINUE. Give it resumeArgs in milton.config.ts, such as ['--session', '{{session}}'].`;
    return { cause: 'other', reason };
  }
  const prompt = withoutNul(task.prompt);
  const isArgument = options.prompt === 'argument';
  const model = task.model ?? options.model;
  const filled = fill([...template, ...(task.resume === undefined ? [] : (options.resumeArgs ?? []))], {
    ...(isArgument ? { prompt } : {}),
    ...(options.prompt === 'file' ? { promptFile: promptFile(task) } : {}),
    ...(model === undefined ? {} : { model }),
    ...{ session, folder: task.folder, access: task.access },
  });
  // Behind -- a prompt that begins with a hyphen is no option.
  const args = isArgument && !asksFor(template, 'prompt') ? [...filled, '--', prompt] : filled;
  if (args.some((word) => Buffer.byteLength(word) >= ARGUMENT_LIMIT)) {
    const reason =
      "The prompt is too long for an argument (128 KB). Set prompt to 'stdin' or 'file' in milton.config.ts.";
    return { cause: 'other', reason };
  }
  if (options.prompt === 'file') {
    await mkdir(dirname(task.output), { recursive: true, mode: 0o700 });
    await using file = await createPrivateFile(promptFile(task));
    await file.writeFile(prompt);
  }
  // Nobody knows whether it waits for its prompt; with an argument or a file it does not.
  return { bin: options.bin, args, env, input: options.prompt === 'stdin' ? prompt : '', atOnce: true };
}

const promptFile = ({ output }: AgentTask) => `${output}.prompt`;

/** Removes the file with the prompt once nothing of the run is left that could read it. */
const withoutFile = <T>(task: AgentTask, work: Promise<T>) => work.finally(() => rm(promptFile(task), { force: true }));
