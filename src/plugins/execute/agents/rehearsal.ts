import { stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Agent, AgentReport, AgentTask } from '../../../pipeline/agent.ts';
import { defineAgent } from '../../../pipeline/part.ts';
import { Environment, ProcessRunner } from '../../../pipeline/services.ts';
import { agentEnvironment } from '../child-environment.ts';
import { Processes } from '../processes.ts';
import { type CliEnd, runCli, stopLeftover } from '../run-cli.ts';
import { Tail } from '../tail.ts';
import { labelOf } from './label.ts';

const options = z.strictObject({
  /** What it does: the work, or one of the troubles one may want to see before a real agent has it. */
  act: z.enum(['work', 'fail', 'hang', 'flood']).default('work'),
  /** Milliseconds it may take to stop by itself. */
  stopGrace: z.number().min(0).default(2_000),
});

const line = z.object({
  progress: z.string().optional(),
  report: z.object({ text: z.string(), failed: z.string().optional() }).optional(),
});
type Said = z.output<typeof line>['report'];

const NAME = 'rehearsal';

/**
 * An agent for trying Milton without an account: it notes the request in REHEARSAL.md, which is a real change that can be
 * thrown away, and answers questions with what it was asked.
 */
export const rehearsal = defineAgent({
  name: NAME,
  options,
  create: ({ name, options: { act, stopGrace }, get, logger }): Agent => {
    const processes = new Processes(get(ProcessRunner));
    return {
      name,
      label: labelOf('Rehearsal', name, NAME),
      check: async () => [],
      async run(task, context) {
        let said: Said;
        const end = await runCli({
          task,
          context,
          command: {
            bin: process.execPath,
            args: [SCRIPT, act, task.access],
            env: agentEnvironment(get(Environment), task.run, [], {}),
          },
          limits: { timeout: 0, idle: 0, stopGrace },
          processes,
          logger,
          onLine: (text) => {
            const { progress, report } = read(text);
            if (progress) context.progress(progress);
            said ??= report;
          },
        });
        return reportOf(said, end);
      },
      async recover(task, noted) {
        await stopLeftover(processes, logger, task.run, noted, stopGrace);
        const said = await replay(task);
        return said && reportOf(said, { how: 'exited', exitCode: 0, signal: undefined, stderr: '', durationMs: 0 });
      },
    };
  },
});

/** A program of its own, so that it is started, watched and stopped exactly as a real agent is. */
const SCRIPT = fileURLToPath(new URL(`./rehearsal-script${extname(import.meta.url)}`, import.meta.url));

function reportOf(said: Said, { exitCode, stderr, durationMs }: CliEnd): AgentReport {
  const reason = said
    ? said.failed
    : `It ended without a report (exit code ${exitCode}). ${stderr.split('\n').at(-1)}`.trim();
  return {
    status: reason === undefined ? 'succeeded' : 'failed',
    ...(reason === undefined ? {} : { reason }),
    text: said?.text ?? '',
    durationMs,
    denials: [],
  };
}

async function replay({ output }: AgentTask): Promise<Said> {
  if (!(await stat(output).catch(() => undefined))) return undefined;
  let said: Said;
  await using tail = await Tail.open(output, (text) => {
    said ??= read(text).report;
  });
  await tail.drain();
  return said;
}

function read(text: string): z.output<typeof line> {
  try {
    return line.parse(JSON.parse(text));
  } catch {
    return {};
  }
}
