import { shortLine } from '../../pipeline/short-line.ts';
import type { JobState, JobView } from '../../pipeline/store/job-store.ts';
import { verdict } from '../slots.ts';
import { span } from '../span.ts';

const SIGNS: Readonly<Record<JobState, string>> = {
  held: '❓',
  queued: '⏳',
  active: '▶️',
  done: '✅',
  failed: '❌',
  cancelled: '🛑',
  expired: '⌛',
  interrupted: '⚠️',
};

/** A request in one line: `▶️ req_k4m2xa · app · add a login · running for 3 min`. */
export function describe(job: JobView, now: number): string {
  const asked = verdict.schema.safeParse(job.slots.verdict).data;
  const parts = [job.id, asked?.repository ?? job.lane, requestOf(job), progressOf(job, now)];
  return `${SIGNS[job.state]} ${parts.join(' · ')}`;
}

/** The end of a title that counts requests; empty where none is held. */
export const countHeld = (held: readonly JobView[]) => (held.length === 0 ? '' : `, ${held.length} for you to answer`);

/** How a request that is over can be had again: one that never reached the queue cannot simply be queued. */
export const again = ({ id, queued }: JobView) =>
  queued ? `RETRY ${id} runs it again.` : 'Send it again to have it done.';

/** What was asked, short enough for a phone. */
export function requestOf(job: JobView): string {
  const asked = verdict.schema.safeParse(job.slots.verdict).data;
  return shortLine(asked?.text ?? job.message.text, 60);
}

function progressOf(job: JobView, now: number): string {
  if (job.state === 'held') return `waits for your answer for ${span(now - job.createdAt)}`;
  if (job.state === 'queued') return `waiting for ${span(now - job.createdAt)}`;
  if (job.state !== 'active') return `${job.state} ${span(now - (job.finishedAt ?? now))} ago`;
  const running = `running for ${span(now - (job.startedAt ?? now))}`;
  return job.cancelRequested ? `${running}, being cancelled` : running;
}
