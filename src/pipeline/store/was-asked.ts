import type { JobStore } from './job-store.ts';

/** Whether the last question of a run has reached the person; one that nobody saw has not been left unanswered. */
export async function wasAsked(store: Pick<JobStore, 'get'>, run: string): Promise<boolean> {
  const notices = (await store.get(run))?.notices ?? [];
  return notices.findLast(({ notice }) => notice.kind === 'question')?.sent ?? false;
}
