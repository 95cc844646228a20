import type { JobStore } from '../../pipeline/store/job-store.ts';

/** How many requests were taken today by this machine's calendar, counted up to a number. What was never approved has not begun. */
export async function requestsToday(store: Pick<JobStore, 'list'>, now: number, most: number): Promise<number> {
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  const newest = await store.list({ newestFirst: true, limit: 2 * most });
  return newest.filter(({ createdAt, queued, state }) => createdAt >= midnight && (queued || state === 'held')).length;
}
