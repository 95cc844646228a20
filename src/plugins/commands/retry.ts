import type { JobView, RetryResult } from '../../pipeline/store/job-store.ts';
import { requestOf } from './describe.ts';
import { type Command, notDone, reply } from './desk.ts';
import { FINISHED, find, isJob } from './find.ts';

/** RETRY: runs a finished request again as a new one, linked to the first. */
export const retry: Command = async (desk, argument, { id }) => {
  const job = await find(desk, argument, { command: 'RETRY', states: FINISHED });
  if (!isJob(job)) return { notice: { ...job, kind: 'final' } };
  return { effect: { do: 'retry', job: job.id, as: id, reply: (result) => answer(job, result, id) } };
};

function answer(job: JobView, result: RetryResult, id: string) {
  if (result === 'open' && job.state === 'held')
    return notDone(`${job.id} waits for your answer`, `STATUS ${job.id} shows the question again.`);
  if (result === 'open')
    return notDone(`${job.id} is not finished yet`, `CANCEL ${job.id} stops it; then RETRY works.`);
  if (result === 'unqueued')
    return notDone(`${job.id} was never queued`, `Send the request itself again: ${requestOf(job)}`);
  if (result === 'unknown')
    return notDone(`No request ${job.id}`, 'It is no longer there. Send the request itself again.');
  const place = result.ahead === 0 ? 'It is next.' : `${result.ahead} before it.`;
  const title = result.ahead === 0 ? `👂 [${id}] got it` : `👂 [${id}] queued`;
  return { ...reply(title, `${requestOf(job)} (again, after ${job.id})\n${place}`), priority: 2 as const };
}
