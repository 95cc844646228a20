import type { Notice } from '../../pipeline/message.ts';
import type { CancelResult, JobView } from '../../pipeline/store/job-store.ts';
import { again, requestOf } from './describe.ts';
import { type Command, notDone, reply } from './desk.ts';
import { find, isJob, OPEN } from './find.ts';

/** CANCEL: takes a waiting request out of the queue, or stops a running one. */
export const cancel: Command = async (desk, argument, { message }) => {
  const job = await find(desk, argument, { command: 'CANCEL', states: OPEN });
  if (!isJob(job)) return { notice: { ...job, kind: 'final' } };
  const sameWay = job.message.transport === message.transport;
  return {
    effect: { do: 'cancel', job: job.id, final: cancelledBefore(job), reply: (result) => answer(job, result, sameWay) },
  };
};

/** The final notice of a request that was cancelled while it waited. */
export function cancelledBefore(job: JobView): Notice {
  return {
    title: `🛑 [${job.id}] cancelled before it began`,
    body: `Not run: ${requestOf(job)}\n${again(job)}`,
    kind: 'final',
  };
}

function answer(job: JobView, result: CancelResult, sameWay: boolean): Notice | undefined {
  switch (result) {
    case 'cancelled':
      // The request's own final notice says so already, where it goes the same way.
      return sameWay ? undefined : reply(`${job.id} is cancelled`, `It had not begun. ${again(job)}`);
    case 'requested':
      return reply(`Stopping ${job.id}`, `${requestOf(job)}\nA last notice follows when it has stopped.`);
    case 'finished':
      return notDone(`${job.id} was finished already`, `STATUS ${job.id} shows how it ended. ${again(job)}`);
    case 'unknown':
      return notDone(`No request ${job.id}`, 'It is no longer there. QUEUE shows what waits and runs.');
  }
}
