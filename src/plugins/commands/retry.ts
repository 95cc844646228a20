import type { JobView, RetryResult } from '../../pipeline/store/job-store.ts';
import { APPROVAL } from '../approve/approve.ts';
import { requestOf } from './describe.ts';
import { type Command, type Desk, notDone, reply } from './desk.ts';
import { FINISHED, find, isJob } from './find.ts';

/** RETRY: runs a finished request again as a new one, linked to the first. */
export const retry: Command = async (desk, argument, { id }) => {
  const job = await find(desk, argument, { command: 'RETRY', states: FINISHED });
  if (!isJob(job)) return { notice: { ...job, kind: 'final' } };
  if (await wasApproved(desk.store, job)) return { notice: askAgain(job) };
  return { effect: { do: 'retry', job: job.id, as: id, reply: (result) => answer(job, result, id) } };
};

/** Whether it was run only because its person had approved that very request. */
export async function wasApproved(store: Pick<Desk['store'], 'questions'>, { id }: JobView): Promise<boolean> {
  return (await store.questions(id)).some(({ key }) => key.endsWith(`/${APPROVAL}`));
}

const askAgain = (job: JobView) =>
  notDone(`${job.id} needed your approval`, `Send the request itself again, so that you are asked: ${requestOf(job)}`);

function answer(job: JobView, result: RetryResult, id: string) {
  if (result === 'open' && job.state === 'held')
    return notDone(`${job.id} waits for your answer`, `STATUS ${job.id} shows the question again.`);
  if (result === 'open')
    return notDone(`${job.id} is not finished yet`, `CANCEL ${job.id} stops it; then RETRY works.`);
  if (result === 'unqueued')
    return notDone(`${job.id} was never queued`, `Send the request itself again: ${requestOf(job)}`);
  if (result === 'unknown')
    return notDone(`No request ${job.id}`, 'It is no longer there. Send the request itself again.');
  return queuedAgain(job, result.ahead, id);
}

/** The acknowledgement of a request that runs again, under a new id. */
export function queuedAgain(job: JobView, ahead: number, id: string) {
  const place = ahead === 0 ? 'It is next.' : `${ahead} before it.`;
  const title = ahead === 0 ? `👂 [${id}] got it` : `👂 [${id}] queued`;
  return { ...reply(title, `${requestOf(job)} (again, after ${job.id})\n${place}`), priority: 2 as const };
}
