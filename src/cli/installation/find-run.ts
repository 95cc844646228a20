import type { JobState, JobStore, JobView } from '../../pipeline/store/job-store.ts';

/** A request by its id, with or without `req_`, or `last`; nothing else ever reaches the store. `states`: among which `last` chooses. */
export async function findRun(
  store: JobStore,
  word: string,
  states?: readonly JobState[],
): Promise<JobView | undefined> {
  if (word.toLowerCase() === 'last') {
    return (await store.list({ newestFirst: true, limit: 1, ...(states ? { states } : {}) }))[0];
  }
  const [, bare] = /^(?:req_)?([a-z2-7]{6,16})$/.exec(word.toLowerCase()) ?? [];
  return bare === undefined ? undefined : store.get(`req_${bare}`);
}
