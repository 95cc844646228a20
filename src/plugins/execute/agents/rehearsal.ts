import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { defineAgent } from '../../../pipeline/part.ts';
import { cleaner } from '../../../pipeline/services/clean.ts';
import { Redact } from '../../../pipeline/services/redact.ts';
import { Environment, ProcessRunner } from '../../../pipeline/services.ts';
import { agentEnvironment } from '../process/child-environment.ts';
import { cliAgent, type Dialect } from './cli-agent.ts';
import { exitOf, labelOf, parseLine } from './wording.ts';

const options = z.strictObject({
  act: z
    .enum(['work', 'fail', 'hang', 'flood', 'limit'])
    .default('work')
    .describe('`work`, or a trouble to see what happens: `fail`, `hang`, `flood` or `limit`'),
  stopGrace: z.number().min(0).default(2_000).describe('how long it may take to stop by itself, in ms'),
});

const line = z.object({
  progress: z.string().optional(),
  report: z.object({ text: z.string(), failed: z.string().optional(), limit: z.boolean().optional() }).optional(),
});
type Said = z.output<typeof line>['report'];

const NAME = 'rehearsal';

/** A program of its own, so that it is started, watched and stopped exactly as a real agent is. */
const SCRIPT = fileURLToPath(new URL('./rehearsal-script.ts', import.meta.url));

interface State {
  readonly said?: Said;
}

const dialect: Dialect<State> = {
  begin: () => ({}),
  read(state, text) {
    const { progress, report } = line.safeParse(parseLine(text)).data ?? {};
    return { state: report && !state.said ? { said: report } : state, progress: progress ? [progress] : [] };
  },
  used: () => ({}),
  ending: ({ said }) => (said ? 'ended' : undefined),
  failure({ said }, end) {
    if (said?.failed) return { cause: said.limit ? 'limit' : 'other', reason: said.failed };
    if (said) return undefined;
    const last = end.stderr.split('\n').at(-1);
    return { cause: 'crash', reason: `It ended without a report (${exitOf(end)}). ${last}`.trim() };
  },
  said: ({ said }) => ({ text: said?.text ?? '', denials: [] }),
};

/**
 * An agent for trying Milton without an account: it notes the request in REHEARSAL.md, which is a real change that can be
 * thrown away, and answers questions with what it was asked.
 */
export const rehearsal = defineAgent({
  name: NAME,
  options,
  create: ({ name, options: { act, stopGrace }, get, logger }) =>
    cliAgent(
      {
        name,
        label: labelOf('Rehearsal', name, NAME),
        limits: { timeout: 0, idle: 0, stopGrace },
        timeoutSetting: 'timeout',
        notInstalled: `Node is not at ${process.execPath} any more. Start Milton again.`,
        dialect,
        check: async () => [],
        call: (task) => ({
          bin: process.execPath,
          args: [SCRIPT, act, task.access],
          env: agentEnvironment(get(Environment), task, [], {}),
          input: task.prompt,
        }),
      },
      { runner: get(ProcessRunner), logger, clean: cleaner(get(Redact)) },
    ),
});
