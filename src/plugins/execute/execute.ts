import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { type Agent, Agents } from '../../pipeline/agent.ts';
import { MiltonError } from '../../pipeline/errors.ts';
import { fromEnv } from '../../pipeline/options.ts';
import { definePlugin, type Run } from '../../pipeline/plugin.ts';
import { cleaner } from '../../pipeline/services/clean.ts';
import { Redact } from '../../pipeline/services/redact.ts';
import { Clock, Folders, Repositories } from '../../pipeline/services.ts';
import type { SlotValue } from '../../pipeline/slot.ts';
import { JobStore } from '../../pipeline/store/job-store.ts';
import { brief, prompt, result, verdict } from '../slots.ts';
import { addUsage } from '../usage/amounts.ts';
import { Ledger } from '../usage/ledger.ts';
import { Attempt, isRelease } from './attempt.ts';
import { redactOutputs } from './redact-output.ts';

export type Result = SlotValue<typeof result>;
export type ExecuteRun = Run<
  readonly [typeof verdict, typeof prompt],
  readonly [typeof brief],
  readonly [typeof result]
>;

const TEN_MINUTES = 600_000;
/** In ms. */
const LAST_WORK = 10_000;

const usage = z
  .strictObject({
    turns: z.number().positive(),
    tokens: z.number().positive(),
    costUsd: z.number().positive(),
    /** In ms. */
    ms: z.number().positive(),
  })
  .partial()
  .default({});

const options = z.strictObject({
  dryRun: fromEnv('DRY_RUN', z.boolean()).describe('do everything but run the agent; the report then holds the prompt'),
  progressEvery: z
    .number()
    .min(0)
    .default(300_000)
    .describe(
      'how long the agent works before the person hears what it does, and between two such notices, in ms; 0 = never',
    ),
  limits: usage.describe(
    'what one run may use up: `{ turns, tokens, costUsd, ms }`, each optional. The agent is stopped, and the notice says so',
  ),
  dailyLimits: usage.describe(
    "the same for all runs of a day, by this machine's calendar; a run gets what is left when it begins",
  ),
  fallbackAgent: z
    .string()
    .default('codex')
    .describe('the agent that takes over where another one cannot go on, if one of that name is configured'),
  fallback: fromEnv('ENABLE_CODEX_FALLBACK', z.boolean()).describe('whether it does so at all'),
  fallbackOnLimit: fromEnv('CLAUDE_FALLBACK_ON_LIMIT', z.boolean()).describe(
    'where the account of the first is used up',
  ),
  fallbackOnFailure: z.boolean().default(false).describe('after any other failure, but a used up budget of yours'),
  prepareTimeout: z
    .number()
    .positive()
    .default(TEN_MINUTES)
    .describe("how long a repository's `prepare` may take, in ms"),
  testTimeout: z.number().positive().default(TEN_MINUTES).describe("how long a repository's `test` may take, in ms"),
  redactOutput: z
    .boolean()
    .default(false)
    .describe(
      'whether the files with all that agents and commands wrote, in `STATE_DIR`, are cleaned of secrets once they have ended; the report always is',
    ),
});
export type ExecuteOptions = z.output<typeof options>;

/**
 * Lets the chosen agent work on a branch of its own, and measures what it did. The person's checkout never changes, unless the
 * repository asks for that.
 */
export const execute = definePlugin({
  name: 'execute',
  where: 'work',
  // Each agent starts at most once per request; another try is a new request.
  retryable: false,
  options,
  requires: [verdict, prompt],
  optional: [brief],
  provides: [result],
  setup(host) {
    const agents = host.get(Agents);
    const repositories = host.get(Repositories);
    const ledger = new Ledger('execute', host.get(JobStore), { clock: host.get(Clock), logger: host.logger });
    const redact = (id: string) => {
      const folder = join(host.get(Folders).state, 'agents');
      return redactOutputs(folder, id, cleaner(host.get(Redact)), host.logger);
    };
    return async function execute(run, next) {
      const asked = run.get(verdict);
      const known = run.get(brief);
      if (known?.answers) {
        run.set(result, resultOf(known));
        return next();
      }
      const agent = byName('agent', agents, asked.agent);
      const repository = byName('repository', repositories, asked.repository);
      const usual = repository.agent ?? agents[0]?.name;
      const attempt = (which: typeof agent, suffix: string) =>
        new Attempt({ host, run, agent: which, repository, ledger, suffix, isUsual: which.name === usual }).result();
      const both = async (): Promise<Result> => {
        const first = await attempt(agent, '');
        const second = agents.find(({ name }) => name === host.options.fallbackAgent);
        if (!second || second === agent || !fallsBack(first, host.options)) return first;
        if (agent.confined !== false && second.confined === false) return notTakenOver(first, second);
        run.notify({
          title: `🔁 [${run.id}] ${first.agent} could not go on, ${second.label} takes over`,
          body: first.reason ?? '',
          kind: 'milestone',
          priority: 2,
        });
        const done = await attempt(second, `-${second.name}`);
        return { ...done, ...sumOf(first, done), after: afterOf(first) };
      };
      try {
        run.set(result, await both());
      } finally {
        // What goes on after the next start is read again then, as it is.
        if (host.options.redactOutput && !isRelease(run.signal)) {
          const work = redact(run.id);
          // A run that is cancelled does not wait for gigabytes.
          await (run.signal.aborted ? Promise.race([work, sleep(LAST_WORK, undefined, { ref: false })]) : work);
        }
      }
      await next();
    };
  },
});

/** The web has answered what is no question about this code: no agent is started for it. */
const resultOf = ({ by, text, ms = 0, tokens }: SlotValue<typeof brief>): Result => ({
  ...{ agent: by, status: 'succeeded', text, durationMs: ms, denials: [] },
  ...(tokens === undefined ? {} : { tokens }),
});

const afterOf = ({ agent, reason = 'It failed.', changes }: Result): NonNullable<Result['after']> => ({
  ...{ agent, reason },
  ...(changes && changes.files.length > 0 ? { branch: changes.branch } : {}),
});

/** Nobody was asked whether an agent without a sandbox may do it. */
const notTakenOver = (first: Result, { name, label }: Agent): Result => ({
  ...first,
  reason: `${first.reason ?? 'It failed.'} ${label} did not take over, since it has no sandbox: name it in the request (@${name}), or give it one.`,
});

/** What both have used up. */
function sumOf(first: Result, second: Result): Pick<Result, 'tokens' | 'costUsd'> {
  const { tokens, costUsd } = addUsage(first, second);
  return { ...(tokens === undefined ? {} : { tokens }), ...(costUsd === undefined ? {} : { costUsd }) };
}

function fallsBack({ status, cause }: Result, options: ExecuteOptions): boolean {
  if (status !== 'failed' || !options.fallback) return false;
  return cause === 'limit' ? options.fallbackOnLimit : options.fallbackOnFailure && cause !== 'budget';
}

function byName<T extends { readonly name: string }>(kind: string, all: readonly T[], name: string): T {
  const found = all.find((each) => each.name === name);
  if (found) return found;
  throw new MiltonError('NOT_CONFIGURED', `There is no ${kind} "${name}" any more.`, {
    hint: `Configured are: ${all.map((each) => each.name).join(', ')}.`,
  });
}
