import { z } from 'zod';
import { Agents } from '../../pipeline/agent.ts';
import { Transports } from '../../pipeline/exposure.ts';
import { definePlugin } from '../../pipeline/plugin.ts';
import { isOverheardAt } from '../../pipeline/privacy/overheard.ts';
import { newRunId } from '../../pipeline/run/run-id.ts';
import { cleaner } from '../../pipeline/services/clean.ts';
import { Redact } from '../../pipeline/services/redact.ts';
import { Clock, Environment, ProcessRunner, Repositories } from '../../pipeline/services.ts';
import { Steps } from '../../pipeline/steps.ts';
import { JobStore } from '../../pipeline/store/job-store.ts';
import { Git } from '../execute/git/git.ts';
import { runBranches } from '../execute/git/run-branches.ts';
import { childEnvironment } from '../execute/process/child-environment.ts';
import { command, proof } from '../slots.ts';
import { budgetsToday } from '../usage/budgets.ts';
import { answer } from './answer.ts';
import { cancel } from './cancel.ts';
import { approve, deny } from './decide.ts';
import type { Desk } from './desk.ts';
import { diff } from './diff.ts';
import { help } from './help.ts';
import { others } from './others.ts';
import { queueReply } from './queue-reply.ts';
import { readable } from './readable.ts';
import { retry } from './retry.ts';
import { status } from './status.ts';

const COMMANDS = {
  HELP: help,
  STATUS: status,
  QUEUE: queueReply,
  CANCEL: cancel,
  RETRY: retry,
  DIFF: diff,
  ANSWER: answer,
  APPROVE: approve,
  DENY: deny,
};

/** How long an answer may wait for git, in ms: well below the time after which a message is refused. */
const gitTime = (timeout = 2_000) => timeout * 0.75;

/** Carries the phone commands out (HELP, STATUS, QUEUE, CANCEL, RETRY, DIFF, ANSWER, APPROVE, DENY) and answers them; requests pass. */
export const commands = definePlugin({
  name: 'commands',
  where: 'intake',
  options: z.strictObject({
    diffLines: z
      .boolean()
      .optional()
      .describe(
        'whether `DIFF` sends changed lines, beside the names of files; unset: where strangers cannot read them',
      ),
  }),
  optional: [command, proof],
  setup({ get, options, logger }) {
    const store = get(JobStore);
    const clean = cleaner(get(Redact));
    const desk: Omit<Desk, 'store'> = {
      now: () => get(Clock).now(),
      repositories: get(Repositories).map(({ name }) => name),
      agents: get(Agents).map(({ name }) => name),
      async branches(repository, sought) {
        const path = get(Repositories).find(({ name }) => name === repository)?.path;
        if (path === undefined) return [];
        const git = new Git(get(ProcessRunner), path, childEnvironment(get(Environment)));
        const { timeout } = get(Steps).find(({ plugin }) => plugin === 'commands') ?? {};
        return runBranches(git, sought, AbortSignal.timeout(gitTime(timeout)));
      },
      async mayShowLines(transport) {
        return options.diffLines ?? !(await isOverheardAt(transport, get(Transports)));
      },
      budgets: () => budgetsToday({ store, clock: get(Clock), logger, steps: get(Steps) }),
      clean,
    };
    return async function commands(run, next) {
      const asked = run.get(command);
      if (!asked) return next();
      const here = { ...desk, store: readable(others(store, run.id), clean) };
      // Where a step has asked about the command, its id is taken by what was held for that.
      const id = (await store.get(run.id)) ? newRunId() : run.id;
      const from = run.get(proof) === 'code' ? ({ from: 'unsigned' } as const) : {};
      const { notice, effect } = await COMMANDS[asked.name](here, asked.argument, { id, message: run.message, from });
      if (effect) run.stage(effect);
      if (notice) run.notify(notice);
    };
  },
});
