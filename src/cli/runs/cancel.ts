import { MiltonError } from '../../pipeline/errors.ts';
import type { CancelResult } from '../../pipeline/store/job-store.ts';
import { cancelledBefore } from '../../plugins/commands/cancel.ts';
import { OPEN } from '../../plugins/commands/find.ts';
import type { Run } from '../command-line/command.ts';
import { told } from '../command-line/wording.ts';
import { actOnMachine } from '../installation/act-on-machine.ts';
import { isRunning } from '../installation/is-running.ts';
import { withRun } from './found-run.ts';

/** `milton runs cancel ID`: takes a waiting request out, or stops a running one, as CANCEL from the phone does. */
export const cancel: Run = (invocation) =>
  withRun(
    invocation,
    async ({ prepared, store, job }) => {
      const { flags, terminal } = invocation;
      const { id } = job;
      const results: CancelResult[] = [];
      const final = cancelledBefore(job);
      // The last notice of the request tells the phone.
      const reply = (found: CancelResult) => {
        results.push(found);
        return undefined;
      };
      await actOnMachine(store, job, { text: `CANCEL ${id}`, effect: { do: 'cancel', job: id, final, reply } });
      const [result] = results;
      if (result === 'finished') {
        throw new MiltonError('FINISHED', `${id} is over already: ${job.state}.`, {
          hint: `Run it again: milton runs retry ${id}`,
        });
      }
      if (flags.json) terminal.printJson({ v: 1, run: id, result });
      terminal.talk(`${sentence(result, isRunning(prepared))}: ${id} (${told(job)})`);
      return 0;
    },
    OPEN,
  );

function sentence(result: CancelResult | undefined, running: boolean): string {
  if (result !== 'requested') return 'Cancelled, it had not begun';
  return running ? 'It is being stopped' : 'Milton is not running, and stops it when it starts again';
}
