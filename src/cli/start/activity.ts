import type { JobState, JobStore } from '../../pipeline/store/job-store.ts';

/** Counts no further than that. */
const MOST = 100;

/** What Milton does just now, in one line. */
export async function activity(store: Pick<JobStore, 'list'>): Promise<string> {
  const count = async (state: JobState) => {
    const { length } = await store.list({ states: [state], limit: MOST });
    return length < MOST ? String(length) : `${MOST} or more`;
  };
  const [active, queued, held] = await Promise.all([count('active'), count('queued'), count('held')]);
  return `Works on ${active}, ${queued} in the queue, ${held} waiting for an answer`;
}
