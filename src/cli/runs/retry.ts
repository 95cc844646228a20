import { MiltonError } from '../../pipeline/errors.ts';
import { newRunId } from '../../pipeline/run/run-id.ts';
import type { JobView, RetryResult } from '../../pipeline/store/job-store.ts';
import { FINISHED } from '../../plugins/commands/find.ts';
import { queuedAgain, wasApproved } from '../../plugins/commands/retry.ts';
import type { Run } from '../command-line/command.ts';
import { told } from '../command-line/wording.ts';
import { actOnMachine } from '../installation/act-on-machine.ts';
import { tellWhetherRunning } from '../installation/is-running.ts';
import { withRun } from './found-run.ts';

/** `milton runs retry ID`: runs a request that is over again, as RETRY from the phone does. */
export const retry: Run = (invocation) =>
  withRun(
    invocation,
    async ({ prepared, store, job }) => {
      const { flags, terminal } = invocation;
      if (await wasApproved(store, job)) {
        throw new MiltonError('NOT_APPROVED', `${job.id} needed an approval, and would run without one.`, {
          hint: `See what was asked, and send it anew: milton runs show ${job.id}`,
        });
      }
      const as = newRunId();
      const results: RetryResult[] = [];
      const reply = (found: RetryResult) => {
        results.push(found);
        return typeof found === 'object' ? queuedAgain(job, found.ahead, as) : undefined;
      };
      const effect = { do: 'retry', job: job.id, as, reply } as const;
      await actOnMachine(store, job, { text: `RETRY ${job.id}`, effect, run: as });
      refuse(job, results[0]);
      if (flags.json) terminal.printJson({ v: 1, run: as, retryOf: job.id });
      else terminal.print(as);
      terminal.talk(`Queued again, after ${job.id}: ${told(job)}. Follow it: milton runs logs -f ${as}`);
      tellWhetherRunning(prepared, terminal);
      return 0;
    },
    FINISHED,
  );

function refuse({ id }: JobView, result: RetryResult | undefined): void {
  if (result === 'open') {
    throw new MiltonError('NOT_FINISHED', `${id} is not over yet.`, {
      hint: `Stop it first: milton runs cancel ${id}`,
    });
  }
  if (typeof result !== 'object') {
    throw new MiltonError('NEVER_QUEUED', `${id} never reached the queue, so it cannot be queued again.`, {
      hint: `See what was asked, and send it anew: milton runs show ${id}`,
    });
  }
}
